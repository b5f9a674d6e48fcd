/**
 * Every error this library throws on purpose. Each one names what was wanted, what came and what to do.
 * A leaf: imports nothing. The names are written out, as a minifier shortens those of the classes; and they are the
 * classes' own, so that they are known already when the stack is taken, which begins with the name.
 */

/** Base class: `catch (e) { if (e instanceof GradshaderError) ... }`. `code` is stable across versions. */
export class GradshaderError extends Error {
  static override readonly name: string = 'GradshaderError';

  constructor(readonly code: string, message: string, options?: ErrorOptions) {
    super(message, options);
  }

  override get name(): string {
    return this.constructor.name;
  }
}

/** A value the caller gave cannot be used: a shape, an option, a hyperparameter. Thrown before any work. */
export class InputError extends GradshaderError {
  static override readonly name: string = 'InputError';

  constructor(message: string, options?: ErrorOptions) {
    super('input', message, options);
  }
}

/** A data or checkpoint file breaks its format's rules. Nothing was loaded from it. */
export class BadFileError extends GradshaderError {
  static override readonly name: string = 'BadFileError';

  constructor(readonly file: string, reason: string, options?: ErrorOptions) {
    super('bad-file', `${file}: ${reason}`, options);
  }
}

/** No usable adapter or device. `fix` is the one thing to try. */
export class NoDeviceError extends GradshaderError {
  static override readonly name: string = 'NoDeviceError';

  constructor(message: string, readonly fix: string, options?: ErrorOptions) {
    super('no-device', `${message} ${fix}`, options);
  }
}

/** A shader or pipeline was refused by the driver. Carries the kernel's name and the driver's own words. */
export class ShaderError extends GradshaderError {
  static override readonly name: string = 'ShaderError';

  constructor(readonly kernel: string, reason: string, options?: ErrorOptions) {
    super('shader', `Kernel ${kernel} was refused: ${reason}`, options);
  }
}

/** The GPU could not give the memory, or the caller's budget forbids it. Nothing stays allocated. */
export class OutOfMemoryError extends GradshaderError {
  static override readonly name: string = 'OutOfMemoryError';

  constructor(message: string, readonly bytes: number, options?: ErrorOptions) {
    super('out-of-memory', message, options);
  }
}

/** The GPU device is gone (driver reset, crash, sleep). Everything on it is gone too. */
export class DeviceLostError extends GradshaderError {
  static override readonly name: string = 'DeviceLostError';

  constructor(reason: string, options?: ErrorOptions) {
    super(
      'device-lost',
      `The GPU device was lost: ${reason}. Open a new device, create the trainer again and load the last checkpoint.`,
      options,
    );
  }
}

/**
 * A gradient or new weight stopped being finite at `step` (0-based), or, with `isState`, the optimizer's state alone did:
 * a moment of it overflowed. With onNonFinite: 'skip', and `tensor` empty: every update of the epoch that ends with `step` was
 * left out. Before `fit` throws this, the last good weights are put back: the last whose forward pass gave no loss above 2^24
 * (where f32 resolves no difference of less than 1), nor NaN. They are those of step `goodStep`; without it none such are known.
 */
export class NonFiniteError extends GradshaderError {
  static override readonly name: string = 'NonFiniteError';

  constructor(
    readonly step: number, readonly tensor: string, readonly replica: number, detail: string, readonly isState = false, readonly goodStep?: number,
  ) {
    const what = tensor === '' ? 'no gradient since the epoch began' : `${isState ? "the optimizer's state of " : ''}${tensor}`;
    const how = tensor === '' ? 'was finite, and every update was left out' : 'is no longer finite';
    super('non-finite', `Step ${step}: ${what}${replica > 0 ? ` of replica ${replica}` : ''} ${how}. ${detail}`);
  }
}

/**
 * A GPU gave numbers that no rounding explains: its driver or the GPU itself is at fault. `report` says which kernel, where, and
 * by how much. It is plain data, a `VerifyReport`: send it to whoever makes the driver.
 */
export class WrongResultError extends GradshaderError {
  static override readonly name: string = 'WrongResultError';

  constructor(message: string, readonly report: object) {
    super('wrong-result', `${message} Update the driver or use another adapter. This error's report says what is wrong, to be sent.`);
  }
}
