import {
  GraphQLBoolean,
  GraphQLEnumType,
  type GraphQLFieldConfigMap,
  GraphQLFloat,
  GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLScalarType,
  GraphQLString,
} from 'graphql';
import type { FieldTable, LeafType } from './field-tables.ts';
import { Json, Long } from './scalars.ts';

export const SortOrder = enumOf('SortOrder', ['asc', 'desc']);
export const QueryTimeType = enumOf('QueryTimeType', ['createdTime', 'endedTime']);
const Interval = enumOf('Interval', ['FIFTEEN_MINUTES', 'THIRTY_MINUTES', 'HOURLY', 'DAILY', 'WEEKLY', 'MONTHLY']);
const AggregationType = enumOf('AggregationType', ['count', 'min', 'max', 'sum', 'average', 'cardinality']);
const ChannelType = enumOf('ChannelType', [
  'telephony',
  'email',
  'chat',
  'social_channel',
  'social',
  'video',
  'workItem',
  'customMessaging',
  'others',
]);

export const PageInfo = new GraphQLObjectType({
  name: 'PageInfo',
  fields: { hasNextPage: { type: GraphQLBoolean }, endCursor: { type: GraphQLString } },
});
export const IntervalInfo = new GraphQLObjectType({
  name: 'IntervalInfo',
  fields: { interval: { type: GraphQLString }, timezone: { type: GraphQLString } },
});
export const AggregationResult = new GraphQLObjectType({
  name: 'AggregationResult',
  fields: { name: { type: GraphQLString }, value: { type: GraphQLFloat } },
});
export const Pagination = new GraphQLInputObjectType({
  name: 'Pagination',
  fields: { cursor: { type: GraphQLString } },
});
export const IntervalData = new GraphQLInputObjectType({
  name: 'IntervalData',
  fields: { interval: { type: new GraphQLNonNull(Interval) }, timezone: { type: GraphQLString } },
});

const outputTypes: Record<LeafType, GraphQLScalarType> = {
  String: GraphQLString,
  ChannelType: GraphQLString,
  Long,
  Int: GraphQLInt,
  Boolean: GraphQLBoolean,
  Float: GraphQLFloat,
  JSON: Json,
};

const filterTypes: Record<LeafType, GraphQLInputObjectType | undefined> = {
  String: comparison('StringFilter', GraphQLString, 'equals notequals match contains'),
  ChannelType: comparison('ChannelTypeFilter', ChannelType, 'equals notequals'),
  Long: comparison('LongFilter', Long, 'equals notequals gt gte lt lte'),
  Int: comparison('IntFilter', GraphQLInt, 'equals notequals gt gte lt lte'),
  Float: comparison('FloatFilter', GraphQLFloat, 'equals notequals gt gte lt lte'),
  Boolean: comparison('BooleanFilter', GraphQLBoolean, 'equals notequals'),
  JSON: undefined,
};

// biome-ignore lint/suspicious/noExplicitAny: graphql types a resolver's parent freely
export type Fields = GraphQLFieldConfigMap<any, any>;

/** Object type of a field table, its leaves with the `sort` argument where the record has one. */
export function objectType(
  name: string,
  table: FieldTable,
  options: { sort: boolean; more?: () => Fields },
): GraphQLObjectType {
  const fields = (): Fields => {
    const own = Object.entries(table).map(([field, type]) => {
      if (typeof type !== 'string') {
        return [field, { type: objectType(`${name}${capital(field)}`, type, { sort: options.sort }) }] as const;
      }
      return [
        field,
        { type: outputTypes[type], ...(options.sort ? { args: { sort: { type: SortOrder } } } : {}) },
      ] as const;
    });
    return { ...Object.fromEntries(own), ...options.more?.() };
  };
  const built = fields();
  return new GraphQLObjectType({ name, fields: built });
}

/** Filter input of a field table, with and / or / not over lists of itself; `except` names what cannot be filtered. */
export function filterType(name: string, table: FieldTable, except: ReadonlySet<string>): GraphQLInputObjectType {
  const own = inputFields(name, table, except);
  const type: GraphQLInputObjectType = new GraphQLInputObjectType({
    name,
    fields: () => {
      const list = { type: new GraphQLList(type) };
      return { and: list, or: list, not: list, ...own };
    },
  });
  return type;
}

/** Aggregation input whose filters are those of its query. */
export function aggregationType(
  name: string,
  filters: Record<string, { type: GraphQLInputType }>,
): GraphQLInputObjectType {
  return new GraphQLInputObjectType({
    name,
    fields: {
      field: { type: new GraphQLNonNull(GraphQLString) },
      type: { type: new GraphQLNonNull(AggregationType) },
      name: { type: new GraphQLNonNull(GraphQLString) },
      ...filters,
    },
  });
}

function inputFields(
  name: string,
  table: FieldTable,
  except: ReadonlySet<string>,
): Record<string, { type: GraphQLInputType }> {
  const fields: Record<string, { type: GraphQLInputType }> = {};
  for (const [field, type] of Object.entries(table)) {
    if (typeof type !== 'string') {
      fields[field] = {
        type: new GraphQLInputObjectType({
          name: `${name}${capital(field)}`,
          fields: inputFields(`${name}${capital(field)}`, type, except),
        }),
      };
    } else if (filterTypes[type] !== undefined && !except.has(field)) {
      fields[field] = { type: filterTypes[type] };
    }
  }
  return fields;
}

function comparison(
  name: string,
  type: GraphQLScalarType | GraphQLEnumType,
  operators: string,
): GraphQLInputObjectType {
  return new GraphQLInputObjectType({
    name,
    fields: Object.fromEntries(operators.split(' ').map((one) => [one, { type }])),
  });
}

function enumOf(name: string, values: string[]): GraphQLEnumType {
  return new GraphQLEnumType({ name, values: Object.fromEntries(values.map((value) => [value, { value }])) });
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
