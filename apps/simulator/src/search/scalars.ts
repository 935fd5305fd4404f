import { GraphQLScalarType, Kind, type ValueNode } from 'graphql';

function toLong(value: unknown): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number))
    throw new TypeError(`Long cannot represent ${String(value)}`);
  return number;
}

/** 64-bit integer; epoch milliseconds and durations fit a JSON number exactly. */
export const Long = new GraphQLScalarType<number, number>({
  name: 'Long',
  coerceOutputValue: toLong,
  coerceInputValue: toLong,
  coerceInputLiteral: (node) => {
    if (node.kind !== Kind.INT) throw new TypeError('Long cannot represent a literal that is no whole number');
    return Number(node.value);
  },
});

/** Any JSON value. */
export const Json = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  coerceOutputValue: (value) => value,
  coerceInputValue: (value) => value,
  coerceInputLiteral: literalToJson,
});

function literalToJson(node: ValueNode): unknown {
  switch (node.kind) {
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.STRING:
    case Kind.BOOLEAN:
    case Kind.ENUM:
      return node.value;
    case Kind.LIST:
      return node.values.map(literalToJson);
    case Kind.OBJECT:
      return Object.fromEntries(node.fields.map((field) => [field.name.value, literalToJson(field.value)]));
    default:
      return null;
  }
}
