/** `gradshader kernel`: the WGSL that runs, as the plan of the flagship network composes it. Needs no GPU. */
import { CLASS_FORMAT } from '../target.ts';
import { Argument, Command, Option } from 'commander';
import { InputError } from '../errors.ts';
import { columns, elementLoss, kernels, map, philox, slopeGradient, slopeTotal, viewNorms, viewUnitConstraint, viewUpdate } from '../kernels/index.ts';
import type { DispatchShape, Kernel } from '../kernels/kernel.ts';
import { bareRule, type RuleName } from '../kernels/rule.ts';
import type { DataFormat } from '../compile/build.ts';
import { knowEverything } from '../compile/all.ts';
import { evaluateGraph, predictGraph, snapshotGraph, sumsGraph, trainGraph } from '../compile/graphs.ts';
import { mlp } from '../model/mlp.ts';
import { meanSquaredError, softmaxCrossEntropy } from '../model/losses/makers.ts';
import type { Optimizer } from '../model/optimizers/index.ts';
import { OPTIMIZER_NAMES, OPTIMIZER_TYPES } from '../model/optimizers/named.ts';
import type { AdapterClass, Fusion } from '../compile/tiles.ts';
import { dispatchOf, type Dispatch } from '../scheduler/dispatch.ts';
import { makePlan } from '../scheduler/plan.ts';
import { prepare } from '../train/prepare.ts';
import type { TrainerConfig } from '../train/trainer-config.ts';
import { wgslOf } from '../webgpu/wgsl.ts';
import { CLIPS, everyKernel, L1_RULES, L2_RULES, optimizerOf, type PenaltyOptions } from './penalties.ts';

export interface KernelOptions extends PenaltyOptions {
  /** Which kernel of the step; default: the one that changes the weights in the plan that the adapter would get. */
  readonly kernel?: string;
  readonly adapter?: AdapterClass;
}

const DATA: DataFormat = { name: 'data', format: 'u8', inputWords: 196, target: CLASS_FORMAT };
const FUSIONS: readonly (Fusion | undefined)[] = [undefined, 'full', 'layer', 'none'];

/** Kernels of no plan of this network: for branches that join, as a sum or side by side, slopes that are learned, losses over values, the proof of the random numbers, and gradshader/optim's. */
function standalone(): Dispatch[] {
  const row = { replicas: 1, tensors: 6, groups: 6, layers: 1 };
  const weight = { tensor: 0, state: 0, weights: 0, inputs: 784, outputs: 1000, layout: 'in-out', lassoFactor: 28 } as const;
  const of = (name: RuleName) => ({ row, rule: bareRule(name), arena: { stride: 5044 * 256 }, parameters: 1290510 });
  const alone = <Shape extends DispatchShape>(kernel: Kernel<Shape>, label: string, shape: Shape, stride = 0): Dispatch =>
    dispatchOf(kernel, shape, label, Object.fromEntries(kernel.bindings.filter(({ isOptional }) => isOptional !== true).map(({ name }) => [name, { buffer: name, stride }])));
  return [
    alone(map, 'a sum of two branches, as wide as layers.0, and its ReLU', {
      row, rows: 128, columns: 1000, width: 1000, add: true, activation: 'relu', below: {},
    }, 128 * 1000),
    alone(elementLoss, 'mean squared error of 10 values', {
      row, rows: 128, columns: 12, classes: 10, batch: 128, samplesStride: 128,
      loss: { type: meanSquaredError().type, target: { words: 10, isVector: true, isWeighted: false }, entry: 0, classWeights: false, isPlain: false },
    }, 128 * 12),
    alone(columns, 'two branches beside each other, as wide as layers.0 and layers.1', {
      row, rows: 128, columns: { first: 1000, second: 500, output: 1500 }, from: 0, first: 1000, second: 500, to: 0,
    }, 128 * 1500),
    alone(slopeGradient, 'PReLU of layers.0 backward', {
      row, rows: 128, columns: 1000, width: 1000, slopes: { offset: 0, isPerUnit: false }, parametersStride: 5044 * 256,
    }, 128 * 1000),
    alone(slopeTotal, 'gradient of one slope for all units', { row, length: 12 * 1000, slope: 0, gradientsStride: 5044 * 256, accumulate: false }, 12 * 1000),
    alone(philox, 'self-test', { row, length: 1024 }),
    alone(viewUpdate, 'update of all parameters in the caller\'s buffers', { ...of('adam'), chunks: 5044, inFlight: 64 }),
    alone(viewNorms, 'norms of all tensors in the caller\'s buffers', { ...of('lamb'), views: 6 }),
    alone(viewUnitConstraint, 'norms of all units in the caller\'s buffers', { ...of('sgd'), weights: [weight] }),
  ];
}

const configOf = (optimizer: Optimizer, fusion: Fusion | undefined): TrainerConfig => ({
  model: mlp([784], [1000, 500, 10]), loss: softmaxCrossEntropy(), optimizer, batchSize: 128,
  ...(fusion !== undefined && { fusion }),
});

/** Whether this fusion can hold the optimizer: one that needs norms keeps its gradients. */
function isAllowed(optimizer: Optimizer, fusion: Fusion | undefined, adapter: AdapterClass): boolean {
  if (fusion === undefined) return true;
  try {
    prepare(configOf(optimizer, fusion), adapter);
    return true;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

/** Every dispatch of 784-1000-500-10 at batch 128: of a training step first, then of all else that a trainer runs. */
function dispatchesOf(optimizer: Optimizer, fusion: Fusion | undefined, adapter: AdapterClass): { step: readonly Dispatch[]; all: readonly Dispatch[] } {
  knowEverything(); // A plan is made at once.
  const { build } = prepare(configOf(optimizer, fusion), adapter);
  const step = makePlan(trainGraph(build, DATA)).dispatches;
  const others = [evaluateGraph(build, DATA), predictGraph(build, DATA), sumsGraph(build), snapshotGraph(build)];
  return { step, all: [...step, ...others.flatMap((graph) => makePlan(graph).dispatches)] };
}

/** Whether a dispatch changes parameters. */
const isUpdate = ({ bindings }: Dispatch): boolean =>
  bindings.some(({ access, buffer }) => access === 'read-write' && buffer === 'parameters');

/**
 * The dispatch in which an optimizer and its penalties run, or another of its step by the kernel's name.
 * @param fusions plans to look in, in this order
 * @throws InputError when the pair is refused, or the kernel is in none of its plans
 */
export function updateDispatch(
  rule: string, { kernel, adapter = 'hardware', ...penalties }: KernelOptions = {}, fusions: readonly (Fusion | undefined)[] = FUSIONS,
): Dispatch {
  const optimizer = optimizerOf(rule, penalties);
  const dispatches = fusions.filter((fusion) => isAllowed(optimizer, fusion, adapter)).flatMap((fusion) => dispatchesOf(optimizer, fusion, adapter).step);
  const found = dispatches.find((dispatch) => (kernel === undefined ? isUpdate(dispatch) : dispatch.kernel === kernel));
  if (found !== undefined) return found;
  const names = [...new Set(dispatches.map((dispatch) => dispatch.kernel))].join(', ');
  throw new InputError(`--kernel ${kernel}: with these options a step of ${rule} has ${names}.`);
}

/** A dispatch of a kernel by its name, with the simplest optimizer that has it; of a training step if it has it. */
export function kernelDispatch(name: string, adapter: AdapterClass = 'hardware'): Dispatch {
  for (const optimizer of everyKernel()) {
    for (const fusion of FUSIONS.filter((fusion) => isAllowed(optimizer, fusion, adapter))) {
      const found = dispatchesOf(optimizer, fusion, adapter).all.find(({ kernel }) => kernel === name);
      if (found !== undefined) return found;
    }
  }
  const found = standalone().find(({ kernel }) => kernel === name);
  if (found !== undefined) return found;
  throw new InputError(`There is no kernel "${name}". \`gradshader kernel\` lists what there is.`);
}

/** The first sentence of the comment that a WGSL file begins with. */
export function headline(source: string): string {
  const comment = /^(?:\/\/.*\n)+/.exec(source)?.[0].replace(/^\/\/ ?/gm, '') ?? '';
  return comment.split('\n\n')[0]!.replace(/\s+/g, ' ').split(/(?<=[.)]) (?=[A-Z])/)[0]!.trim().replace(/[.:]$/, '');
}

function list(): string {
  const width = Math.max(...kernels.map(({ name }) => name.length));
  const lines = Array.from({ length: Math.ceil(OPTIMIZER_NAMES.length / 5) }, (_, i) => `  ${OPTIMIZER_NAMES.slice(5 * i, 5 * i + 5).join('  ')}`);
  return [
    'Optimizers: gradshader kernel <optimizer> [--l1 <rule>] [--kernel <name>] ...', ...lines, '',
    'Kernels: gradshader kernel <name>', ...kernels.map(({ name, source }) => `  ${name.padEnd(width)}  ${headline(source)}`), '',
  ].join('\n');
}

/** What the command prints: a list without a name, else WGSL and nothing but WGSL. @throws InputError */
export function runKernel(name: string | undefined, options: KernelOptions): string {
  if (name === undefined) return list();
  if (Object.hasOwn(OPTIMIZER_TYPES, name)) return `${wgslOf(updateDispatch(name, options))}\n`;
  const { adapter, ...rest } = options;
  const [first] = Object.keys(rest);
  const isKernel = kernels.some((kernel) => kernel.name === name);
  if (isKernel && first !== undefined) {
    throw new InputError(`--${first.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} belongs to an optimizer, as in: gradshader kernel adam --kernel update --l1 prox`);
  }
  if (!isKernel) throw new InputError(`There is no optimizer or kernel "${name}". \`gradshader kernel\` lists what there is.`);
  return `${wgslOf(kernelDispatch(name, adapter))}\n`;
}

const HELP = `
The text is that of 784-1000-500-10 at batch 128. Sizes are constants in it;
learning rates and strengths are data, so one text serves every value. With
--max-norm and the like a step has more dispatches: --kernel prints each.

Examples:
  gradshader kernel adam --l1 prox                  what a GPU runs
  gradshader kernel adam --l1 prox --kernel update  the update alone, one page
  gradshader kernel gather > gather.wgsl`;

/** The command, for the program to add. */
export function kernelCommand(): Command {
  return new Command('kernel')
    .description('Print the WGSL that runs: the update of an optimizer with its penalties, or any kernel. Needs no GPU.')
    .addArgument(new Argument('[name]', 'an optimizer or a kernel; without it, a list of both'))
    .addOption(new Option('--l1 <rule>', 'with an L1 penalty').choices(Object.keys(L1_RULES)))
    .addOption(new Option('--l2 <rule>', 'with an L2 penalty').choices(Object.keys(L2_RULES)))
    .option('--weight-decay', 'with decoupled weight decay')
    .option('--non-negative', 'with weights kept at 0 or above')
    .option('--max-norm', 'with a limit on the norm of each unit\'s incoming weights')
    .addOption(new Option('--clip <by>', 'with a bound on the gradient').choices(Object.keys(CLIPS)))
    .option('--kernel <name>', 'another kernel of the step (default: the one that changes the weights)')
    .addOption(new Option('--adapter <class>', 'the adapter class to plan for (default: hardware)').choices(['hardware', 'software']))
    .addHelpText('after', HELP)
    .action((name: string | undefined, options: KernelOptions) => void process.stdout.write(runKernel(name, options)));
}
