import type { AcdVariant, DataServerRole } from '@wxcc-wfo/contracts';

/**
 * What a question brought: an answer, a failure (`code` as in WebexError, `server-fault` for a 5xx, or `late`), or that
 * it was not asked and what would let it be asked.
 */
export type Asked<T> =
  | { state: 'answered'; value: T }
  | { state: 'failed'; code: string; reason: string }
  | { state: 'not-asked'; reason: string; next?: string };

/** Everything that a preflight judges by (ACD-07). Gathered by `gather-facts.ts`, judged by `preflight-policy.ts`. */
export interface PreflightFacts {
  acd: {
    variant: AcdVariant;
    authorizesBy: 'oauth' | 'api-key';
    username: string;
    webexOrgId: string;
    apiUrl: string;
    mediaApiUrl: string | null;
    authorization: string;
    qualityManagement: { enabled: boolean; voice: boolean; digital: boolean };
    metadataMappings: readonly { acdMetadataName: string; metadataLabel: string }[];
    rteMessaging: boolean;
  };
  /** What the form of the username breaks, in words; null: nothing. */
  usernameRefusal: string | null;
  /** The region whose published API URL it is, or null. */
  region: string | null;
  /** Who works for the ACD in a role: null where it is switched off, else the data server and its live processes. */
  roles: Record<DataServerRole, { dataServer: string; workers: number | null } | null>;
  /** The roles in which this release works for no ACD of the variant, and what to say of them. */
  unservedRoles: Partial<Record<DataServerRole, { reason: string; remedy: string }>>;
  /** Why the stored access token is of no use, although nobody withdrew the authorization; null: it is. */
  tokenProblem: string | null;
  /** The organization that the stored access token names. */
  token: Asked<{ orgId: string | null }>;
  /** Whose token it is. */
  person: Asked<{ emails: string[]; orgId: string | null; skewMs: number | null }>;
  /** The account as the configuration API has it; null: it has none. */
  account: Asked<{
    isActive: boolean | null;
    isContactCenterEnabled: boolean | null;
    profileType: string | null;
  } | null>;
  /** Ended calls of the last day and what was recorded of them. */
  calls: Asked<CallFacts>;
  /** Our webhook subscriptions for this ACD. */
  webhooks: Asked<{ status: string; destinationUrl: string }[]>;
  /** Whether a queue takes SMS. */
  smsQueue: Asked<{ exists: boolean; isComplete: boolean }>;
}

export interface CallFacts {
  /** Calls that were looked at. */
  calls: number;
  /** Whether the captures API was asked about them, and what it said. */
  captures: Asked<CaptureFacts>;
}

export interface CaptureFacts {
  /** Calls with a recording, and those among them with a transfer or a consultation. */
  recorded: number;
  recordedWithTransfer: number;
  recordedWithConsult: number;
  hasSegments: boolean;
  hasConsultLegs: boolean;
}
