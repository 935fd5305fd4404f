import {
  GraphQLBoolean,
  type GraphQLFieldConfigArgumentMap,
  GraphQLFloat,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
} from 'graphql';
import {
  activityFields,
  agentActivityFields,
  channelFields,
  type FieldTable,
  legFields,
  sessionFields,
  taskFields,
  unfilterable,
  withSampleFields,
} from './field-tables.ts';
import { resolveActivities } from './inner-paging.ts';
import { resolveAgentSessions, resolveLegs, resolveTasks } from './queries.ts';
import { Long } from './scalars.ts';
import {
  AggregationResult,
  aggregationType,
  type Fields,
  filterType,
  IntervalData,
  IntervalInfo,
  objectType,
  PageInfo,
  Pagination,
  QueryTimeType,
} from './schema-types.ts';

const variableTypes = {
  string: GraphQLString,
  integer: GraphQLInt,
  long: Long,
  double: GraphQLFloat,
  boolean: GraphQLBoolean,
};
const jsonTypes: Record<string, string> = {
  string: 'string',
  integer: 'number',
  long: 'number',
  double: 'number',
  boolean: 'boolean',
};

const variableFilters: FieldTable = {
  stringGlobalVariables: { name: 'String', value: 'String' },
  integerGlobalVariables: { name: 'String', value: 'Int' },
  longGlobalVariables: { name: 'String', value: 'Long' },
  doubleGlobalVariables: { name: 'String', value: 'Float' },
  booleanGlobalVariables: { name: 'String', value: 'Boolean' },
};

/** The tenant's Search schema, built from the field tables; `sampleFields` as the option `searchSampleFields` says. */
export function buildSearchSchema(options: { sampleFields?: boolean } = {}): GraphQLSchema {
  const variables = variableFields();
  const task = objectType('TaskDetails', options.sampleFields ? withSampleFields(taskFields) : taskFields, {
    sort: true,
    more: () => ({ ...variables, ...aggregated, activities: activitiesField('TaskDetailsActivity', activityFields) }),
  });
  const leg = objectType('TaskLegDetails', legFields, { sort: true, more: () => ({ ...variables, ...aggregated }) });
  const channel = objectType('AgentChannelInfo', channelFields, {
    sort: false,
    more: () => ({ activities: activitiesField('AgentChannelInfoActivity', agentActivityFields) }),
  });
  const session = objectType('AgentSession', sessionFields, {
    sort: false,
    more: () => ({ ...aggregated, channelInfo: { type: new GraphQLList(channel) } }),
  });
  const query = new GraphQLObjectType({
    name: 'Query',
    fields: {
      taskDetails: {
        type: listOf('TaskDetailsList', 'tasks', task),
        args: { ...timeArgs, ...taskArgs() },
        resolve: resolveTasks,
      },
      taskLegDetails: {
        type: listOf('TaskLegDetailsList', 'taskLegs', leg),
        args: { ...timeArgs, ...legArgs() },
        resolve: resolveLegs,
      },
      agentSession: {
        type: listOf('AgentSessions', 'agentSessions', session),
        args: { ...rangeArgs, ...sessionArgs() },
        resolve: resolveAgentSessions,
      },
    },
  });
  return new GraphQLSchema({ query });
}

const rangeArgs: GraphQLFieldConfigArgumentMap = {
  from: { type: new GraphQLNonNull(Long) },
  to: { type: new GraphQLNonNull(Long) },
  aggregationInterval: { type: IntervalData },
  pagination: { type: Pagination },
};
const timeArgs: GraphQLFieldConfigArgumentMap = { ...rangeArgs, timeComparator: { type: QueryTimeType } };

const aggregated: Fields = {
  intervalStartTime: { type: Long },
  aggregation: { type: new GraphQLList(AggregationResult) },
};

function taskArgs(): GraphQLFieldConfigArgumentMap {
  const filter = filterType('TaskDetailsFilters', { ...taskFields, ...variableFilters }, unfilterable.task);
  const nodes = filterType('TaskDetailsActivityFilters', activityFields, unfilterable.activity);
  const extFilter = nested('TaskDetailsSpecificFilters', ['activities', 'nodes'], nodes);
  return withAggregations('TaskV2Aggregation', { filter, extFilter });
}

function legArgs(): GraphQLFieldConfigArgumentMap {
  return withAggregations('TaskLegV2Aggregation', {
    filter: filterType('TaskLegDetailsFilters', { ...legFields, ...variableFilters }, unfilterable.leg),
  });
}

function sessionArgs(): GraphQLFieldConfigArgumentMap {
  const filter = filterType(
    'AgentSessionFilters',
    { ...sessionFields, channelInfo: channelFields },
    unfilterable.session,
  );
  const nodes = filterType('AgentActivityFilters', agentActivityFields, unfilterable.agentActivity);
  const extFilter = nested('AgentSessionSpecificFilters', ['channelInfo', 'activities', 'nodes'], nodes);
  return withAggregations('AgentSessionV2Aggregation', { filter, extFilter });
}

function withAggregations(
  name: string,
  filters: Record<string, GraphQLInputObjectType>,
): GraphQLFieldConfigArgumentMap {
  const own = Object.fromEntries(Object.entries(filters).map(([key, type]) => [key, { type }]));
  const predicate = { type: filters.filter! };
  return { ...own, aggregations: { type: new GraphQLList(aggregationType(name, { ...own, predicate })) } };
}

/** `{activities: {nodes: …}}` as an input type, with and / or / not at its outermost level. */
function nested(name: string, path: string[], inner: GraphQLInputObjectType): GraphQLInputObjectType {
  const [first, ...rest] = path;
  const type: GraphQLInputObjectType = rest.length === 0 ? inner : nested(`${name}${rest.length}`, rest, inner);
  const built: GraphQLInputObjectType = new GraphQLInputObjectType({
    name,
    fields: () => ({
      [first!]: { type },
      and: { type: new GraphQLList(built) },
      or: { type: new GraphQLList(built) },
      not: { type: new GraphQLList(built) },
    }),
  });
  return built;
}

function listOf(name: string, field: string, type: GraphQLObjectType): GraphQLObjectType {
  return new GraphQLObjectType({
    name,
    fields: {
      [field]: { type: new GraphQLList(type) },
      pageInfo: { type: PageInfo },
      intervalInfo: { type: IntervalInfo },
    },
  });
}

function activitiesField(name: string, table: FieldTable): Fields[string] {
  const node = objectType(name, table, { sort: true });
  const list = new GraphQLObjectType({
    name: `${name}List`,
    fields: { totalCount: { type: GraphQLInt }, nodes: { type: new GraphQLList(node) }, pageInfo: { type: PageInfo } },
  });
  const args = { first: { type: GraphQLInt, defaultValue: 25 }, after: { type: GraphQLString } };
  return { type: list, args, resolve: resolveActivities };
}

/** GraphQL's Int has 32 bits. */
const isInt = (value: unknown): boolean => Number.isInteger(value) && Math.abs(value as number) < 2 ** 31;

/** One object per variable type; an unknown name or another type reads as nulls. */
function variableFields(): Fields {
  return Object.fromEntries(
    Object.entries(variableTypes).map(([kind, value]) => {
      const field = `${kind}GlobalVariables`;
      const type = new GraphQLObjectType({
        name: `${kind.charAt(0).toUpperCase()}${kind.slice(1)}GlobalVariable`,
        fields: { name: { type: GraphQLString }, value: { type: value } },
      });
      const resolve = (parent: Record<string, unknown>, { name }: { name: string }): unknown => {
        if (parent.isAggregated === true) return parent[`${field}:${name}`];
        const found = (parent.globalVariables as Record<string, unknown> | undefined)?.[name];
        const fits = typeof found === jsonTypes[kind] && (kind !== 'integer' || isInt(found));
        return fits ? { name, value: found } : { name: null, value: null };
      };
      return [field, { type, args: { name: { type: new GraphQLNonNull(GraphQLString) } }, resolve }];
    }),
  );
}
