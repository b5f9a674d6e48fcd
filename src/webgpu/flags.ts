/**
 * The specification's usage flags. Written out because the globals GPUBufferUsage and GPUShaderStage do not exist
 * in plain Node, where this file must import cleanly.
 */

const MAP = 0x1, COPY_SRC = 0x4, COPY_DST = 0x8, UNIFORM = 0x40, STORAGE = 0x80;

export const BUFFER_USAGE = {
  staging: MAP | COPY_DST,
  uniform: UNIFORM | COPY_DST,
  storage: STORAGE | COPY_SRC | COPY_DST,
} as const;

/** What a caller's buffer may lack. */
export const NEEDED_USAGE = { STORAGE, COPY_SRC } as const;

export const MAP_READ = 0x1;
export const SHADER_STAGE_COMPUTE = 0x4;
