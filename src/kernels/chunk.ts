/** Vec4s per chunk of the parameter arena: one workgroup's share. Tensors start at chunk boundaries. */
export const CHUNK = 64;
