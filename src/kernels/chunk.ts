/** Vec4s per chunk of the parameter arena: one workgroup's share. Tensors start at chunk boundaries. */
export const CHUNK = 256;

/**
 * Threads of a workgroup that updates a chunk. Several vec4s per thread, because on a software adapter reading a
 * tensor's hyperparameters costs as much as the arithmetic on one vec4.
 */
export const UPDATE_THREADS = 64;
