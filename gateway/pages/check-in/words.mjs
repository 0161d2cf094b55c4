// What the page says, in Chinese, which is the default, and in English.

import { WORDS as SHARED } from "../page/words.mjs";

const ZH = {
  ...SHARED["zh-CN"],
  title: "课堂签到",
  scan: "请扫描现场显示的签到二维码",
  scanWhy: "签到码每30秒更换，只在当日课上有效。",
  signInWhy: "签到以您本人的登录为准。登录用时超过30秒的，登录后再扫一次即可，不必重新登录。",
  mine: "这是我自己的手机，保持登录12小时（不勾选为10分钟）",
  checking: "正在签到…",
  done: "✓ 签到成功",
  hours: (count) => `${count} 学时`,
  at: (time) => `签到时间 ${time}`,
  corrected: "考勤以基地登记为准。",
  already: "✓ 已签到过",
  refused: "✗ 没有签到",
  signedIn: "您已登录，重新扫码即可，不必再次登录。",
  retry: "重试",
};

const EN = {
  ...SHARED.en,
  title: "Check-in",
  scan: "Scan the code that is shown in the room",
  scanWhy: "A code holds for 30 seconds, on the day of the session only.",
  signInWhy: "You check in by your own login. If signing in takes longer than 30 seconds, scan again afterwards: you stay signed in.",
  mine: "This is my own phone: stay signed in for 12 hours (otherwise for 10 minutes)",
  checking: "Checking in…",
  done: "✓ You are checked in",
  hours: (count) => `${count} class hours`,
  at: (time) => `at ${time}`,
  corrected: "What the base records stands.",
  already: "✓ You are in already",
  refused: "✗ You are not checked in",
  signedIn: "You are signed in: scan again, without signing in again.",
  retry: "Try again",
};

export const WORDS = { "zh-CN": ZH, en: EN };
