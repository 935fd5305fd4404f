import type { TaskChannel } from '../port.ts';

/** Channel types of the data APIs (lower case) and of the configuration API (upper case). */
const CHANNELS: Readonly<Record<string, TaskChannel>> = {
  telephony: 'voice',
  chat: 'chat',
  email: 'email',
  sms: 'sms',
  social: 'social',
  social_channel: 'social',
  socialchannel: 'social',
  video: 'other',
  fax: 'other',
  others: 'other',
  workitem: 'other',
  work_item: 'other',
  custommessaging: 'other',
  custom_messaging: 'other',
};

/** The channel in the trade's words, or undefined when Webex's word is new. SMS comes as a social channel's sub type. */
export function channelOf(channelType: string, subType: string | null): TaskChannel | undefined {
  const channel = CHANNELS[channelType.toLowerCase()];
  return channel === 'social' && subType?.toLowerCase() === 'sms' ? 'sms' : channel;
}

const DIRECTIONS: Readonly<Record<string, 'inbound' | 'outbound'>> = {
  inbound: 'inbound',
  outbound: 'outbound',
  outdial: 'outbound',
};

export function directionOf(value: string): 'inbound' | 'outbound' | undefined {
  return DIRECTIONS[value.toLowerCase()];
}
