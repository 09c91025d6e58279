"""Every shipped phrase rule: lines that fire it, and look-alikes that must not, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from monitor.core.audio import Party
from monitor.core.clock import samples
from monitor.core.facts import AlertRaised, Judgement, Words
from monitor.core.playbook.matcher import PhraseDetector
from monitor.core.playbook.model import RuleBook
from monitor.playbook_files import load_playbook

Say = Callable[..., Words]
BOOK = load_playbook()


@dataclass(frozen=True)
class Case:
    """Lines of one rule. A line of several sentences joined by ` / ` is said in several breaths."""

    zh: tuple[str, ...]
    not_zh: tuple[str, ...]
    en: tuple[str, ...]
    not_en: tuple[str, ...]


CASES = {
    "no_authority": Case(
        zh=(
            "这个我没有权限给您改",
            "我这边没权限操作",
            "实在抱歉，我的权限不够",
            "我权力有限",
            "我就是个客服",
            "我没有全线帮您办",
        ),
        not_zh=(
            "您没有权限打开这个页面",
            "我看到您的账号权限不足",
            "我查一下您有没有权限",
            "我不是没有权限，是要先核实",
            "我没有看到您的权限记录",
        ),
        en=(
            "I don't have the authority to do that.",
            "I'm not authorized to refund you",
            "That's above my pay grade.",
            "I'm just an agent here",
        ),
        not_en=(
            "You don't have permission to open that page.",
            "It's not that I don't have the authority.",
            "Let me see if I'm authorized to do that.",
        ),
    ),
    "only_manager": Case(
        zh=("这个必须领导处理", "这事得经理批", "只有主管才能决定", "需要我们经理签字"),
        not_zh=("不需要经理批，我来办", "您是想让经理处理吗", "我会把情况反映给领导"),
        en=(
            "Only my manager can approve that.",
            "That has to be approved by a supervisor.",
            "You'll have to speak to my manager",
        ),
        not_en=(
            "You don't need to speak to my manager, I can do it.",
            "It doesn't have to be approved by a manager.",
            "Would you like to speak to a manager?",
        ),
    ),
    "powerless": Case(
        zh=("这个我真的无能为力", "那我也没办法了", "我们帮不了您", "这个我们解决不了"),
        not_zh=(
            "我不会说无能为力的，我再想想",
            "不是没办法，我们换一种方式",
            "您觉得没办法了是吗，我来查",
            "如果他们解决不了，您再打给我",
        ),
        en=("There's nothing I can do.", "I can't help you with that.", "My hands are tied."),
        not_en=(
            "If there's nothing else I can do for you today, have a good day.",
            "I can't help you until I have the order number.",
            "It's not that there's nothing I can do.",
        ),
    ),
    "blunt_refusal": Case(
        zh=("不行，只能这样", "这个不行", "我直接告诉您，不可能", "这个绝对办不了", "就是不能给您退"),
        not_zh=(
            "不可以吗",
            "如果这个不行，我们再换一个",
            "您看这样行不行",
            "这个不是不可以",
            "要是今天不行，明天也可以",
            "这个不行的话我们再想办法",
        ),
        en=(
            "No, we can't do that.",
            "That's out of the question.",
            "We won't refund that.",
            "That's not going to happen",
        ),
        not_en=(
            "No problem, I can do that.",
            "If that's impossible, we'll find another way.",
            "There's no way to know yet.",
            "I'm not saying that's impossible.",
        ),
    ),
    "policy_as_refusal": Case(
        zh=("我们都只会送到收发室", "这是公司规定", "我们一律不退", "按照规定不能给您改地址", "规定就是这样"),
        not_zh=("我们只能尽快帮您催", "您想了解规定的话我发给您", "这不是公司规定的问题", "我们会尽快处理"),
        en=(
            "That's just our policy.",
            "Our policy doesn't allow it.",
            "Rules are rules.",
            "We only deliver to the front desk",
        ),
        not_en=(
            "Let me check whether that's company policy.",
            "It's not just a policy question.",
            "Our policy covers you here.",
        ),
    ),
    "denies_cover": Case(
        zh=("这个不在保修范围", "您这属于人为损坏", "不能免费维修"),
        not_zh=("如果属于人为损坏，需要收费", "检测之后才知道在不在保修范围", "是不是在保修范围要看检测"),
        en=(
            "That's not covered by the warranty.",
            "Your warranty doesn't cover that.",
            "This is user damage.",
        ),
        not_en=(
            "Whether it's not covered by the warranty depends on the inspection.",
            "It is covered by the warranty.",
        ),
    ),
    "brushes_off": Case(
        zh=("那您就等着吧", "您再等等看", "到时候再说吧"),
        not_zh=("不会让您一直等着", "请您再等等，两小时内给您回电", "您等我一会儿"),
        en=("You'll just have to wait.", "Just be patient.", "It'll get there when it gets there."),
        not_en=(
            "You won't have to wait long.",
            "You'll have to wait two days.",
            "You'll need to wait for a few minutes.",
        ),
    ),
    "absolute_promise": Case(
        zh=(
            "我跟您保证明天到",
            "肯定没问题的",
            "百分之百能解决",
            "明天一定给您解决",
            "以后再也不会发生这种情况",
            "我跟您保正明天到",
        ),
        not_zh=(
            "这个我不能保证",
            "我没法跟您保证时间",
            "您肯定很着急",
            "明天不一定会到",
            "请您交一下保证金",
            "我一定会尽力",
            "我肯定会如实记录",
        ),
        en=(
            "I guarantee it will arrive tomorrow.",
            "I promise you'll get it",
            "It will definitely arrive tomorrow.",
            "This will never happen again.",
            "You have my word.",
        ),
        not_en=(
            "I can't guarantee that.",
            "I can't really promise a time.",
            "We cannot guarantee delivery times.",
            "I promise to do my best",
            "I'm not 100% sure.",
        ),
    ),
    "blanket_admission": Case(
        zh=("这都是我们的错", "全部是我们的责任", "责任都在我们", "我们承担全部责任"),
        not_zh=("如果核实下来都是我们的责任，我们会赔", "不都是我们的责任", "您觉得都是我们的错，我理解"),
        en=("It's all our fault.", "We take full responsibility.", "We're entirely to blame."),
        not_en=(
            "If it's all our fault we'll pay.",
            "I'm not saying it's all our fault.",
            "Our investigation confirmed it's entirely our mistake.",
        ),
    ),
    "early_judgement": Case(
        zh=("肯定是快递员的问题", "这就是欺诈", "一定是仓库弄丢了"),
        not_zh=("现在不能确定是快递员的问题", "是不是快递员的问题，我核实一下", "会不会是仓库弄丢了"),
        en=(
            "It's clearly the courier's mistake.",
            "The driver must have lost it.",
            "This is obviously fraud.",
        ),
        not_en=(
            "I can't say whether it's definitely the courier.",
            "I'm not sure the driver must have lost it.",
        ),
    ),
    "reveals_limit": Case(
        zh=("我最多只能赔您五十块", "最高补偿100元", "我们的底线是八百"),
        not_zh=("最多给您三天时间", "最多需要两个工作日", "您说最高赔一百是吗"),
        en=("The most I can offer is fifty dollars.", "My limit is eighty.", "We can only go up to 100"),
        not_en=("The most we can give it is three days.", "What's the most we could offer? I'll ask."),
    ),
    "blames_caller": Case(
        zh=("这是您自己填错的", "谁让您不早说", "那是您的问题", "您当初怎么不问清楚"),
        not_zh=(
            "这不是您的问题",
            "不能怪您",
            "请问您自己方便去取吗",
            "是不是您填错了地址",
            "如果是您填错了也没关系",
        ),
        en=(
            "That's your fault.",
            "You should have read the terms.",
            "Why didn't you check the address?",
            "You obviously entered the address wrong.",
        ),
        not_en=("It's not your fault.", "We should have told you.", "That's your order number, right?"),
    ),
    "passes_the_buck": Case(
        zh=("这个不归我们管", "这是物流的问题", "跟我们没关系", "您自己去找卖家"),
        not_zh=("我帮您去找物流问一下", "看看是不是物流的问题", "您不用自己去找快递", "这不是您的责任"),
        en=(
            "That's not our department.",
            "It has nothing to do with us.",
            "That's the courier's problem.",
            "You need to contact the seller",
        ),
        not_en=(
            "You don't need to contact the courier, I'll call them.",
            "Let me check if it's the courier's problem.",
            "I'll contact the seller for you.",
        ),
    ),
    "talks_down": Case(
        zh=("这都不懂啊", "这么简单您都不会", "页面上写得很清楚", "不是跟您说过了吗"),
        not_zh=(
            "我也不知道，我查一下",
            "是我没说清楚",
            "这个很简单，我帮您操作",
            "很多人这个都不知道，没关系",
        ),
        en=(
            "Everyone knows that.",
            "Don't you understand?",
            "Didn't you read the email?",
            "It's common sense.",
        ),
        not_en=(
            "I don't understand, could you say that again?",
            "It's simple, let me help you.",
            "Did you read the email I sent?",
        ),
    ),
    "impatient_words": Case(
        zh=("我都说了多少遍了", "您到底想怎么样", "随便您", "您爱找谁找谁"),
        not_zh=("让您说了好几遍，不好意思", "您说过好几遍了，我都记下来了", "随便您选哪天", "您到家了吗"),
        en=(
            "I already told you.",
            "How many times do I have to say it?",
            "Suit yourself.",
            "I don't have time for this.",
        ),
        not_en=("Sorry if I already told you this.", "I have time for you.", "How many times did it ring?"),
    ),
    "silences_caller": Case(
        zh=("您先别说话", "您先听我说", "您能不能让我说完", "别打断我"),
        not_zh=("我先听您说", "您说，我听着", "感谢您听我说完"),
        en=("Let me finish.", "Stop interrupting me.", "Listen to me."),
        not_en=("Sorry, please go on.", "Let me finish typing this.", "I won't interrupt you."),
    ),
    "argues": Case(
        zh=("您说的不对", "您误会了", "我们没这么说过", "您这是无理取闹", "根本不可能发生"),
        not_zh=("可能让您误会了，我解释一下", "您别误会", "如果我说的不对请您指出", "您说得对"),
        en=("You're wrong.", "That's not true.", "We never said that.", "You're being unreasonable."),
        not_en=(
            "If you're mistaken, no problem.",
            "You're right.",
            "I'm not saying you're wrong.",
            "I'm not sure that's true.",
        ),
    ),
    "belittles_person": Case(
        zh=("您这种人我见多了", "您这人怎么这样", "没见过您这样的"),
        not_zh=("感谢您这样的老客户", "您这人民币账户", "我们需要您这样的客户"),
        en=("People like you always complain.", "What is wrong with you?", "You people never listen."),
        not_en=("We appreciate customers like you.", "What's wrong with your phone?"),
    ),
    "guesses_intent": Case(
        zh=("您其实就是想要赔偿", "您是不是想要免费", "您无非是想多要点"),
        not_zh=("您刚才说您是想要退款对吗", "您想要什么时间送"),
        en=("You just want money.", "What you're really after is a discount"),
        not_en=("Do you want a refund?", "You said you just want a refund, correct?"),
    ),
    "against_company": Case(
        zh=("公司不让我们退", "我个人也觉得挺坑的", "换我也不买"),
        not_zh=("公司不让我们泄露客户信息", "我觉得您说得有道理", "公司让我跟进"),
        en=("They won't let us do it.", "I personally think it's unfair.", "Between you and me, it's slow."),
        not_en=("They won't let us disclose that, to protect you.", "I think it's fair."),
    ),
    "spoils_agreement": Case(
        zh=("要是我还不愿意呢", "一般人我都不给", "便宜您了"),
        not_zh=("这个价格便宜很多", "要是我没说清楚您告诉我"),
        en=(
            "I wouldn't do this for just anyone.",
            "You're lucky I answered.",
            "If it were me I wouldn't have",
        ),
        not_en=("I would do this for anyone.", "If I were you I wouldn't worry."),
    ),
    "over_apology": Case(
        zh=("对不起 / 真抱歉 / 不好意思 / 实在抱歉",),
        not_zh=("对不起 / 好的 / 真抱歉", "您不用说对不起 / 不用说抱歉 / 别说不好意思 / 不必说抱歉"),
        en=("Sorry. / I'm so sorry. / I apologize. / My apologies.",),
        not_en=(
            "Sorry. / I apologize.",
            "No need to be sorry. / Don't be sorry. / No need to apologize. / Don't be sorry.",
        ),
    ),
    "keeps_waiting": Case(
        zh=("请稍等 / 您等一下 / 稍等我看一下",),
        not_zh=("请稍等", "请稍等一分钟 / 请稍等两分钟 / 再稍等一分钟"),
        en=("One moment. / Bear with me. / Hold on please.",),
        not_en=(
            "One moment please.",
            "Just a moment, two minutes. / Hold on two minutes. / Bear with me five minutes.",
        ),
    ),
    "does_not_know": Case(
        zh=("这个我不清楚 / 我也不知道",),
        not_zh=("我不清楚", "我不知道您方不方便 / 我不清楚您的地址"),
        en=("I don't know. / I'm not sure about that.",),
        not_en=("I don't know.", "I don't know if you got it. / I'm not sure whether you can hear me."),
    ),
    "complaint": Case(
        zh=("我要投诉", "我现在就投诉你们", "那我只好投诉了", "我要头诉", "我要舉報你們"),
        not_zh=(
            "我不是要投诉",
            "投诉电话是多少",
            "我没有投诉过",
            "上次的投诉处理得怎么样了",
            "我不想投诉，就想解决问题",
        ),
        en=(
            "I want to make a complaint.",
            "I'm going to file a formal complaint",
            "This is a complaint.",
            "I want to complain",
        ),
        not_en=(
            "I don't want to make a complaint.",
            "I never made a complaint.",
            "What's the status of my complaint?",
        ),
    ),
    "threatens_regulator": Case(
        zh=("我打12315", "我去找市场监管", "我要向国家邮政局反映", "我就打一二三一五"),
        not_zh=("我不想找监管部门", "包裹是寄到市场监管局的", "我的电话是12345678"),
        en=("I'll report you to the ombudsman.", "I'm going to contact trading standards."),
        not_en=("I don't want to go to the regulator.", "I work for the regulator."),
    ),
    "threatens_media": Case(
        zh=("我找电视台曝光你们", "我要把你们发到网上", "我联系记者了", "我找记者暴光"),
        not_zh=("我不想曝光你们", "我在网上查到的", "包裹是寄到电视台的", "许多人特地发微博感谢"),
        en=(
            "I'm going to the media.",
            "I'll post this on Facebook.",
            "I'm calling the newspaper.",
            "My friends will hear about this, and so will the press!",
        ),
        not_en=("I saw it in the news online.", "I don't want to go to the press.", "It said press two."),
    ),
    "threatens_consumer_body": Case(
        zh=("我找消费者协会", "那我们消协见", "我去消保委"),
        not_zh=("我不想找消费者协会", "我是消协的工作人员"),
        en=("I'm going to the consumer association.", "I'll call consumer protection."),
        not_en=("I work for the consumer council.", "I'm not going to the consumer association."),
    ),
    "threatens_lawsuit": Case(
        zh=("我要起诉你们", "我找律师了", "我要告你们", "咱们法院见"),
        not_zh=("我要告诉你们一件事", "我不想打官司", "快递是寄到法院的", "我会告诉他们的"),
        en=("I'm going to sue you.", "I'll see you in court.", "You'll hear from my lawyer."),
        not_en=("I don't want legal action.", "It was sent to my lawyer.", "I'm a lawyer."),
    ),
    "demands_leader": Case(
        zh=("叫你们领导来", "我要找你们经理", "你们主管呢", "换个能做主的", "我要找你们领到"),
        not_zh=("不用找领导", "我们领导让我打的", "我还没领到东西", "我找一下订单号"),
        en=(
            "I want to speak to your manager.",
            "Put me through to a supervisor.",
            "Get me your supervisor.",
            "Who's your manager?",
        ),
        not_en=(
            "My manager told me to call.",
            "I don't need to speak to a manager.",
            "I spoke to a manager yesterday.",
        ),
    ),
    "violence_threat": Case(
        zh=("我去把你们店砸了", "信不信我打你", "我弄死你们", "你给我等着瞧"),
        not_zh=("箱子被人砸了", "我打你们电话打了半天", "快递被拆了", "麻烦小心点拿"),
        en=(
            "I'll come down there and break things.",
            "I know where you live.",
            "I'm going to kill somebody, kill you",
        ),
        not_en=("I was just killing time.", "I'll break even anyway.", "I'll find you the number."),
    ),
    "abuse": Case(
        zh=("你们这帮骗子", "你是废物吗，王八蛋", "他妈的", "你放屁", "真不要脸"),
        not_zh=("我买的是垃圾袋", "是他妈妈签收的", "我怕遇到骗子"),
        en=("You're a bunch of idiots.", "This is bullshit.", "You useless liars", "Shut up."),
        not_en=("I feel like an idiot.", "He called me an idiot.", "I'm useless with phones."),
    ),
    "refuses_to_hang_up": Case(
        zh=("我今天不挂电话", "不解决我就不挂", "我就在这等着"),
        not_zh=("您别挂", "我先不挂，您查吧", "我挂了啊"),
        en=(
            "I'm not hanging up.",
            "I won't hang up until you fix it",
            "I'll stay on the line until it's done.",
        ),
        not_en=("Don't worry, I'm not hanging up.", "I'm happy to stay on the line until you find it."),
    ),
    "demands_now": Case(
        zh=("你们必须给我解决 / 马上给我送来", "凭什么不送 / 我要求现在就办"),
        not_zh=("马上给我送来", "我得马上走 / 我必须出门了", "是不是必须本人签 / 需要必须办吗"),
        en=("Fix it now. / I demand an answer.",),
        not_en=("I demand an answer.", "I don't need it today. / Would you fix it now?"),
    ),
    "gives_up_talking": Case(
        zh=("我不想跟你讲了", "跟你说不清", "没什么好说的"),
        not_zh=("好，不说了，谢谢", "我不是不想跟你说"),
        en=("I don't want to talk to you.", "There's no point talking.", "I'm done talking to you."),
        not_en=("Don't forget it.", "I'm not talking about that one."),
    ),
    "repeats_grievance": Case(
        zh=("我都打了好几次了", "我说了多少遍了", "还要我说几遍"),
        not_zh=("我不想再打好几遍", "谢谢你解释了好几遍"),
        en=(
            "How many times do I have to call?",
            "This is the third time I've called.",
            "I've already told you three times.",
        ),
        not_en=("I've never called before.", "Thanks, every time I call you're great."),
    ),
    "anxious_about_delay": Case(
        zh=("都这么多天了还没收到", "我都快急死了", "以后再也不用你们了", "怎么这么慢啊"),
        not_zh=("没那么急", "您说得太快了，能慢点吗", "我网速太慢了"),
        en=(
            "I've been waiting for two weeks.",
            "It's taking forever.",
            "I'm never using your company again.",
        ),
        not_en=(
            "It hasn't taken that long, no rush.",
            "It didn't take too long.",
            "Sorry it took so long to find my number.",
        ),
    ),
    "wants_respect": Case(
        zh=("你这什么态度", "你们就是在敷衍我", "你是不是看不起我", "你别糊弄我，你糊弄谁呢"),
        not_zh=("你态度挺好的", "我没有说你敷衍我", "这条短信是什么意思"),
        en=(
            "Don't talk to me like that.",
            "You're being so rude.",
            "How dare you.",
            "You're giving me the runaround",
        ),
        not_en=("I don't want to be rude.", "You weren't rude."),
    ),
    "wants_compensation": Case(
        zh=("你们得赔", "我要求退款", "损失谁来赔", "能不能补偿一下"),
        not_zh=("不用你们赔", "退款已经收到了", "我不是要赔偿"),
        en=("I want a refund.", "I want my money back.", "You should compensate me."),
        not_en=("I don't want a refund.", "I got a refund last week."),
    ),
    "veiled_discontent": Case(
        zh=("算了，你们看着办吧", "随便吧就这样", "说了也没用"),
        not_zh=("你看着办就好，我放心", "随便哪天都行"),
        en=("Whatever, do what you want.", "I guess it doesn't matter", "It's not like anyone cares"),
        not_en=("Fine, thank you.", "It doesn't matter which colour, either is great."),
    ),
    "sensitive_matter": Case(
        zh=("孩子烫伤了", "充电的时候着火了", "这是捐赠物资"),
        not_zh=("幸好没有人受伤", "我担心会不会爆炸", "没着火就好"),
        en=("My son was injured.", "It caught fire.", "It's a charity shipment."),
        not_en=("Nobody was hurt.", "I'm worried it might have caught fire."),
    ),
    "says_recording": Case(
        zh=("我这边在录音", "我是记者", "我代表全体业主"),
        not_zh=("你们会录音吗", "我没有录音", "我买的是录音笔"),
        en=("I'm recording this call.", "I'm a journalist.", "I'm calling on behalf of all the residents."),
        not_en=("I'm not recording.", "Is this call recorded?"),
    ),
    "refuses_identity": Case(
        zh=("你管我是谁", "为什么要告诉你我的名字", "我不方便透露姓名"),
        not_zh=("我姓王", "我不是不方便说"),
        en=("Why do you need my name?", "I'd rather not give my name."),
        not_en=("Do you need my name?", "I can give you my details."),
    ),
    "special_circumstances": Case(
        zh=("我这情况比较特殊", "必须本人签收", "我家里有特殊情况"),
        not_zh=("没有什么特殊情况", "是不是必须本人签收"),
        en=("These are special circumstances.", "It has to be signed for by me personally."),
        not_en=("There's nothing special circumstances about it.", "Anyone can sign for it."),
    ),
}

CALM = {
    Party.AGENT: (
        "您好，工号三零二为您服务，请问有什么可以帮您",
        "好的，请您提供一下订单号，我马上帮您查询",
        "我理解您的心情，让您久等了，非常抱歉",
        "我这边帮您核实一下，下午三点前给您回复",
        "您的包裹目前在中转站，预计明天送达",
        "不客气，感谢您的来电，再见",
        "我来帮您联系快递员，有结果第一时间告诉您",
        "这个问题我来跟进，请您放心",
        "Good afternoon, thank you for calling, how can I help you?",
        "Could I have your order number, please?",
        "I understand how frustrating that is, and I'm sorry for the delay.",
        "I'll check with the warehouse and call you back by five today.",
        "Your parcel is at the depot and should arrive tomorrow.",
        "Is there anything else I can help you with?",
        "I can offer a replacement or a refund, whichever you prefer.",
    ),
    Party.CALLER: (
        "你好，我想查一下我的快递到哪了",
        "订单号是三五八零二七一",
        "好的，谢谢你，麻烦你了",
        "我这边周末不在家，可以改到下周一吗",
        "请问大概什么时候能送到",
        "我想改一下收件地址，换到公司去",
        "那我把手机号告诉你，你记一下",
        "没关系，我不急，你慢慢查",
        "Hi, I'd like to check where my parcel is.",
        "The order number is four five six seven.",
        "That's fine, thank you very much for your help.",
        "Could you deliver it on Monday instead?",
        "I work from home so any time is good.",
        "Great, I'll wait for your call then.",
    ),
}


def heard(say: Say, party: Party, line: str, book: RuleBook = BOOK) -> list[AlertRaised]:
    """The alerts that a line raises, breath by breath, after everything has settled."""
    detector = PhraseDetector(book)
    judgements: list[Judgement] = []
    now = 0
    for number, breath in enumerate(line.split(" / ")):
        words = say(party, breath, after_s=1.0 if number else 0.0)
        now = words.span.end + samples(0.5)
        judgements.extend(detector.on_event(words, now))
    judgements.extend(detector.on_tick(now + samples(2.0)))
    assert all(isinstance(judgement, AlertRaised) for judgement in judgements)
    return [judgement for judgement in judgements if isinstance(judgement, AlertRaised)]


def party_of(rule: str) -> Party:
    """Whose words the rule looks at."""
    who = BOOK[rule].who
    assert who is not None
    return who


FIRES = [(rule, line) for rule, case in CASES.items() for line in (*case.zh, *case.en)]
QUIET = [(rule, line) for rule, case in CASES.items() for line in (*case.not_zh, *case.not_en)]


def test_every_phrase_rule_has_cases_in_both_languages() -> None:
    assert set(CASES) == {rule.id for rule in BOOK if rule.phrases is not None}
    for rule, case in CASES.items():
        assert case.zh and case.not_zh and case.en and case.not_en, rule


@pytest.mark.parametrize(("rule", "line"), FIRES)
def test_line_fires_once(say: Say, rule: str, line: str) -> None:
    raised = [alert for alert in heard(say, party_of(rule), line) if alert.rule == rule]
    assert len(raised) >= 1
    assert all(alert.is_momentary and alert.party is party_of(rule) for alert in raised)


@pytest.mark.parametrize(("rule", "line"), QUIET)
def test_look_alike_does_not_fire(say: Say, rule: str, line: str) -> None:
    assert [alert for alert in heard(say, party_of(rule), line) if alert.rule == rule] == []


@pytest.mark.parametrize(("rule", "line"), FIRES)
def test_the_other_party_may_say_it(say: Say, rule: str, line: str) -> None:
    assert rule not in {alert.rule for alert in heard(say, party_of(rule).other, line)}


@pytest.mark.parametrize("line", CALM[Party.AGENT])
def test_calm_agent_raises_nothing(say: Say, line: str) -> None:
    assert heard(say, Party.AGENT, line) == []


@pytest.mark.parametrize("line", CALM[Party.CALLER])
def test_calm_caller_raises_nothing(say: Say, line: str) -> None:
    assert heard(say, Party.CALLER, line) == []
