export interface WebexSubscription {
  subscriptionId: string;
  name: string;
  eventTypes: string[];
  destinationUrl: string;
  /** `inactive` when Webex gave up on a failing receiver. */
  status: string;
  resourceVersion: string | null;
  createdAtMs: number | null;
  updatedAtMs: number | null;
}

export interface NewSubscription {
  /** 4 to 64 characters. */
  name: string;
  /** 1 to 32, of one resource. */
  eventTypes: string[];
  destinationUrl: string;
  /** 32 to 256 characters. */
  secret: string;
  /** E.g. `task:1.0.0`. */
  resourceVersion: string;
}

/** A subscription cannot be renamed; the resource version must be repeated. */
export interface SubscriptionChange {
  resourceVersion: string;
  status?: 'active' | 'inactive';
  eventTypes?: string[];
  destinationUrl?: string;
  secret?: string;
}
