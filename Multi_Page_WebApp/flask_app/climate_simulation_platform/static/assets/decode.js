// Bytes of the server as JSON and float32 arrays; the layout is that of climpy.fields.packed.

const CUT_OFF = "The answer of the server is cut off.";

/** Give `{meta, arrays}`: the JSON text and each array that it lists, by name. */
export function decode(buffer) {
  const length = buffer.byteLength < 4 ? Infinity : new DataView(buffer).getUint32(0, true);
  if (4 + length > buffer.byteLength) throw new Error(CUT_OFF);
  const meta = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const arrays = {};
  let offset = 4 + length;
  for (const { name, shape } of meta.arrays) {
    const count = shape.reduce((product, size) => product * size, 1);
    if (offset + 4 * count > buffer.byteLength) throw new Error(CUT_OFF);
    arrays[name] = new Float32Array(buffer, offset, count);
    offset += 4 * count;
  }
  return { meta, arrays };
}
