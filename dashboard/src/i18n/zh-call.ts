/** 通话页搜索与测量结果的中文措辞。 */
import type { Dictionary } from "./en";

export const transcript: Dictionary["transcript"] = {
  search: "搜索对话",
  none: "没有找到",
  place: (place, count) => `第 ${place} 处，共 ${count} 处`,
  previous: "上一处",
  next: "下一处",
};

export const measured: Dictionary["measured"] = {
  f0: (st, isAbove) => `音高比平常${isAbove ? "高" : "低"} ${st} 个半音`,
  level: (db, isAbove) => `${isAbove ? "响" : "轻"} ${db} dB`,
  rate: (percent, isAbove) => `${isAbove ? "快" : "慢"} ${percent}%`,
  alpha: (db, isAbove) => `发声${isAbove ? "更用力" : "更柔和"}（${db} dB）`,
  lasting: (s) => `持续 ${s} 秒`,
  join: (parts) => parts.join("，"),
};
