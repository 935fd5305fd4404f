import {
  type FieldNode,
  type GraphQLResolveInfo,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';

/** One selected leaf: its place below the starting field, and its arguments. */
export interface SelectedLeaf {
  path: string[];
  args: Record<string, unknown>;
}

type Source = Pick<GraphQLResolveInfo, 'fragments' | 'variableValues'>;

/** All leaves selected below the field that is being resolved, fragments opened. */
export function selectedLeaves(info: GraphQLResolveInfo): SelectedLeaf[] {
  return info.fieldNodes.flatMap((node) => leavesOf(node.selectionSet, [], info));
}

function leavesOf(set: SelectionSetNode | undefined, path: string[], source: Source): SelectedLeaf[] {
  return (set?.selections ?? []).flatMap((selection) => leavesOfSelection(selection, path, source));
}

function leavesOfSelection(selection: SelectionNode, path: string[], source: Source): SelectedLeaf[] {
  if (selection.kind === Kind.INLINE_FRAGMENT) return leavesOf(selection.selectionSet, path, source);
  if (selection.kind === Kind.FRAGMENT_SPREAD) {
    const fragment = source.fragments[selection.name.value];
    const set = (fragment as { definition?: { selectionSet: SelectionSetNode } } | undefined)?.definition?.selectionSet;
    return leavesOf(set ?? (fragment as { selectionSet?: SelectionSetNode } | undefined)?.selectionSet, path, source);
  }
  const at = [...path, selection.name.value];
  if (selection.selectionSet === undefined) return [{ path: at, args: argumentsOf(selection, source) }];
  const below = leavesOf(selection.selectionSet, at, source);
  const args = argumentsOf(selection, source);
  // Arguments of an object (a global variable's name) belong to each of its leaves.
  return below.map((leaf) => ({ path: leaf.path, args: { ...args, ...leaf.args } }));
}

function argumentsOf(node: FieldNode, source: Source): Record<string, unknown> {
  return Object.fromEntries((node.arguments ?? []).map((one) => [one.name.value, literalValue(one.value, source)]));
}

function literalValue(node: ValueNode, source: Source): unknown {
  if (node.kind === Kind.VARIABLE) {
    const values = source.variableValues as unknown as { coerced?: Record<string, unknown> };
    return values.coerced?.[node.name.value];
  }
  return 'value' in node ? node.value : undefined;
}
