/** 通话墙搜索与筛选的中文措辞。 */
import type { Dictionary } from "./en";

export const filter: Dictionary["filter"] = {
  search: "搜索通话",
  searchHint: "搜索",
  severity: "全部告警",
  state: "全部状态",
  states: { act: "需要关注", watch: "留意", calm: "平稳", ended: "已结束" },
  team: "全部班组",
  agent: "全部坐席",
  degraded: "声音异常",
  shown: (shown, all) => `显示 ${shown} / ${all}`,
  clear: "全部显示",
  none: "没有符合条件的通话",
  noneWhy: "其他通话仍在进行，只是没有显示。",
};
