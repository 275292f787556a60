// What channels are called.

const CHANNELS = { phone: "Telephone", app: "App", sms: "SMS", email: "E-mail", push: "Push", chat: "Chat", social: "Social", ivr: "Voice menu", video: "Video", branch: "Branch" };
export const channelName = (channel) => CHANNELS[channel] ?? channel;
