import type { TaskGroundTruth } from '@wxcc-wfo/simulator';

/** A mapping of each kind. The tenant's API has no `entryPoint`: the other name of that label gives its value. */
export const DEMO_MAPPINGS = [
  { acdMetadataName: 'taskDetails.channelType', metadataLabel: 'Channel Type' },
  { acdMetadataName: 'taskDetails.contactReason', metadataLabel: 'Reason' },
  { acdMetadataName: 'taskDetails.entryPoint.name', metadataLabel: 'Entry point' },
  { acdMetadataName: 'taskDetails.lastEntryPoint.name', metadataLabel: 'Entry point' },
  { acdMetadataName: 'task.Language:String', metadataLabel: 'Language' },
  { acdMetadataName: 'task.CustomerTier:Integer', metadataLabel: 'Tier' },
  { acdMetadataName: 'task.AccountNumber:Long', metadataLabel: 'Account' },
  { acdMetadataName: 'task.OpenAmount:Double', metadataLabel: 'Open amount' },
  { acdMetadataName: 'task.Vip:Boolean', metadataLabel: 'VIP' },
  { acdMetadataName: 'Customer segment', metadataLabel: 'call type' },
  { acdMetadataName: 'Consult', metadataLabel: 'call type' },
];

/** What the mappings must make of a call, by the ground truth; in the order of the labels, the call type last. */
export function expectedMetadata(task: TaskGroundTruth): { label: string; value: string | null }[] {
  const variable = (name: string) => {
    const value = task.globalVariables[name];
    return value === undefined ? null : String(value);
  };
  return [
    { label: 'Channel Type', value: task.channelType },
    { label: 'Reason', value: task.contactReason },
    { label: 'Entry point', value: task.entryPointName },
    { label: 'Language', value: variable('Language') },
    { label: 'Tier', value: variable('CustomerTier') },
    { label: 'Account', value: variable('AccountNumber') },
    { label: 'Open amount', value: variable('OpenAmount') },
    { label: 'VIP', value: variable('Vip') },
    { label: 'call type', value: 'Customer segment' },
  ];
}
