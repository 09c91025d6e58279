"""The caller's temper: what each kind of evidence says, how they are joined, and the states with time.

Never for an agent: inferring employees' emotions is none of this product's business, so the scorer refuses
an agent's frames.

`model` says what a judgement is, `rules` judges by published rules, `voice` and `trained` hear the voice by
a trained model, `witnesses` joins that with the other kinds of evidence, `scorer` follows the call.
"""

from monitor.core.temper.model import TemperFeatures, TemperJudgement, TemperModel, soft_step
from monitor.core.temper.rules import PublishedRules
from monitor.core.temper.scorer import TemperScorer
from monitor.core.temper.trained import VoiceWeights
from monitor.core.temper.witnesses import JoinedWitnesses

__all__ = [
    "JoinedWitnesses",
    "PublishedRules",
    "TemperFeatures",
    "TemperJudgement",
    "TemperModel",
    "TemperScorer",
    "VoiceWeights",
    "soft_step",
]
