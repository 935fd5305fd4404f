import { describeConsumerLifecycle } from '@wxcc-wfo/bus/testing';

describeConsumerLifecycle('media-import', new URL('./media-import-lifecycle-subject.ts', import.meta.url));
