// Looking into an OpenAPI document: references, what a schema asks for, in words.

export function resolver(document) {
  function resolve(schema) {
    let found = schema ?? {};
    while (found.$ref) found = found.$ref.slice(2).split('/').reduce((at, step) => at[step], document);
    return found;
  }

  function typeOf(schema) {
    const x = resolve(schema);
    if (x.const !== undefined) return String(x.const);
    if (x.enum) return x.enum.join(' | ');
    if (x.type === 'array') return `${typeOf(x.items)}[]`;
    const type = [x.type ?? 'any'].flat().join(' | ') + (x.format === 'binary' ? ' (file)' : '');
    return x.minimum !== undefined && x.maximum !== undefined ? `${type} ${x.minimum}–${x.maximum}` : type;
  }

  /** All properties of a schema and of those it is put together from. */
  function properties(schema) {
    const x = resolve(schema);
    const required = new Set(x.required ?? []);
    const own = Object.entries(x.properties ?? {}).map(([name, each]) => {
      const found = resolve(each);
      return { name, type: typeOf(each), required: required.has(name), description: found.description ?? '', schema: found };
    });
    return [...own, ...(x.allOf ?? []).flatMap(properties)];
  }

  const content = (operation) => Object.entries(resolve(operation.requestBody).content ?? {})[0];
  return {
    parameters: (operation) => (operation.parameters ?? []).map(resolve).map((x) => ({ name: x.name, in: x.in, required: x.required, description: x.description ?? '', type: typeOf(x.schema), schema: resolve(x.schema) })),
    bodyFields: (operation) => properties(content(operation)?.[1].schema),
    bodyKind: (operation) => content(operation)?.[0] ?? null,
  };
}
