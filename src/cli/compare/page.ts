/** The results as one page that loads nothing from elsewhere. Pure but for zlib. */
import { definitions, escape, grid, htmlPage, list, section, table, type Figure } from '../html.ts';
import { COLOR } from '../svg.ts';
import { formatCount } from '../table.ts';
import { curveCharts, DASHES, SETS } from './curves.ts';
import { deviationCharts, lineLegend } from './deviation-charts.ts';
import { errorsChart } from './errors-chart.ts';
import { overridesText, shortNumber } from './methods.ts';
import { PATH_LABELS } from './path.ts';
import { pathCharts } from './path-charts.ts';
import { pathPoints, reportedGroups, reportedRuns, type CompareFile, type Row } from './summary.ts';
import { deviationNotesOf, epochsText, notes, shownRows, spreadText } from './terminal.ts';
import { filterPictures, histogramCharts } from './weights-charts.ts';

const legendOf = (sets: readonly (typeof SETS)[number][]): string => `<ul class="legend">${sets.map((set) =>
  `<li><svg viewBox="0 0 28 10" aria-hidden="true"><line x1="0" x2="28" y1="5" y2="5" stroke="${COLOR[set]}" stroke-width="3" stroke-dasharray="${DASHES[set]}"/></svg>${set}</li>`).join('')}</ul>`;

function resultTable(rows: readonly Row[]): string {
  const hasChoice = rows.some(({ chosenEpochs }) => chosenEpochs.length > 0);
  return table(
    ['', 'test error', 'train error', 'gap', 'test loss', 'exact zeros', ...(hasChoice ? ['chosen epoch', 'test error there'] : []), 'seconds'],
    rows.map((row) => ({
      cells: [
        row.diverged === 0 ? row.label : `${row.label} (${row.diverged} of ${row.seeds} diverged)`,
        spreadText(row.testError), spreadText(row.trainError), spreadText(row.gap),
        row.testLoss ? row.testLoss.mean.toFixed(4) : '-', spreadText(row.zeros),
        ...(hasChoice ? [epochsText(row.chosenEpochs), spreadText(row.chosenTestError)] : []),
        row.seconds.toFixed(row.seconds < 10 ? 1 : 0),
      ],
    })),
  );
}

function pathSection(file: CompareFile): string {
  const { settings, runs, choices } = file;
  if (settings.path === undefined || runs.length === 0) return '';
  const points = pathPoints(settings, runs);
  const hasTest = points.some(({ test }) => test !== undefined);
  const sets = SETS.filter((set) => points.some((point) => point[set] !== undefined));
  const how = settings.folds === undefined ? 'the validation samples' : `${settings.folds}-fold cross-validation`;
  return section('Path', `The strength is chosen by ${how} at the last epoch; the test set has no part in it. Band: from the lowest to the highest replica.`,
    legendOf(sets) + grid(pathCharts(file), ' wide') + table(
      [PATH_LABELS[settings.path.key], 'validation error', 'train error', ...(hasTest ? ['test error'] : []), 'exact zeros'],
      points.map(({ strength, validation, train, test, zeros, diverged }) => ({
        isChosen: strength === choices.strength,
        cells: [
          `${shortNumber(strength)}${strength === choices.strength ? ' (chosen)' : ''}${diverged > 0 ? ` (${diverged} diverged)` : ''}`,
          spreadText(validation), spreadText(train), ...(hasTest ? [spreadText(test)] : []), spreadText(zeros),
        ],
      })),
    ));
}

/** `784-1000-500-10`, or the layers that were written out. */
function sizesText({ settings: { base: { layers, hidden } }, data }: CompareFile): string {
  const [inputs, outputs] = data === undefined ? ['?', '?'] : [String(data.shape.reduce((a, b) => a * b, 1)), String(data.classes)];
  return layers === undefined ? [inputs, ...hidden, outputs].join('-') : `${inputs} inputs, ${layers}, ${outputs} classes`;
}

function conditions(file: CompareFile): string {
  const { settings, data, runs, adapter, host, versions } = file;
  const { base, epochs, seeds } = settings;
  const samples = runs.at(-1)?.samples;
  const entries: [string, string][] = [
    ['network', `${sizesText(file)}, ${[...(settings.looks ? [] : [base.activation ?? 'relu']), ...(base.init === undefined ? [] : [base.init])].map((text) => `${text}, `).join('')}softmax cross-entropy`],
    ['optimizer', `${base.optimizer}${base.momentum === undefined ? '' : ` ${base.momentum}`}, learning rate ${base.learningRate}, batch ${base.batchSize}`],
    ['training', `${epochs} epochs, seeds ${seeds.join(', ')}`],
    ['data', samples && data
      ? `${base.data.name}: ${formatCount(samples.train)} training samples${samples.validation > 0 ? `, ${formatCount(samples.validation)} held out for validation` : ''}, ${formatCount(data.test)} test samples`
      : base.data.name],
    ...(settings.path || settings.looks ? [] : reportedGroups(settings, runs).map(({ label, overrides }): [string, string] => [label, overridesText(overrides)])),
    ...(settings.looks ? [] : [['rules', 'L1 and L2 by proximal steps in the optimizer\'s metric; max-norm by scaling the incoming weights of a unit; inverted dropout; biases free'] as [string, string]]),
    ['adapter', `${adapter.name}, ${host}`],
    ['versions', Object.entries(versions).map(([name, value]) => `${name} ${value}`).join(', ')],
  ];
  return definitions(entries);
}

const titleOf = ({ settings: { path, looks } }: CompareFile): string =>
  (looks !== undefined ? 'Activations and inits compared' : path === undefined ? 'Regularization compared' : `Regularization path: ${PATH_LABELS[path.key]}`);

function deviationSection(file: CompareFile): string {
  const charts = deviationCharts(file);
  if (charts.length === 0) return '';
  const legend = `<ul class="legend">${lineLegend(reportedGroups(file.settings, file.runs)).map(({ label, color, dash }) =>
    `<li><svg viewBox="0 0 28 10" aria-hidden="true"><line x1="0" x2="28" y1="5" y2="5" stroke="${color}" stroke-width="3" stroke-dasharray="${dash}"/></svg>${escape(label)}</li>`).join('')}</ul>`;
  return section('Deviations by layer', 'Of what each layer hands on, and of the gradient of the loss by its weights, on logarithmic scales. A gradient that shrinks from the last layer to the first vanishes, one that grows explodes.',
    legend + grid(charts, ' wide') + list(deviationNotesOf(file)));
}

/** The page of an experiment, also of one that is not done. */
export function pageOf(file: CompareFile): string {
  const { settings, runs, summary } = file;
  const groups = reportedGroups(settings, runs), reported = reportedRuns(runs);
  const title = titleOf(file);
  const sets = SETS.filter((set) => reported.some(({ samples }) => samples[set] > 0));
  const pictures = filterPictures(reported, groups);
  return htmlPage(title, `<h1>${escape(title)}</h1>
<p class="quiet">${escape(`${sizesText(file)} on ${settings.base.data.name}, ${settings.seeds.length} ${settings.seeds.length === 1 ? 'seed' : 'seeds'}, ${settings.epochs} epochs. ${file.adapter.name}.`)}</p>
${pathSection(file)}${deviationSection(file)}
${section('Result', 'On the whole test set. Differences within the spread of the seeds say nothing.',
    summary.length === 0 ? '' : `${resultTable(shownRows(file))}${list(notes(file))}<h3>Gap between train and test error</h3>${legendOf(['train', 'test'])}<figure class="plain">${errorsChart(summary)}</figure>`)}
${section('Error per epoch', `Dropout off, after the epoch. Line: mean over the seeds; band: from the lowest to the highest.${sets.includes('validation') ? ' Marks below: the epochs that validation chose.' : ''}`, figuresOrNothing(curveCharts(reported, groups, 'error'), legendOf(sets)))}
${section('Loss per epoch', 'Mean loss per sample, penalties left out. Line: mean over the seeds; band: from the lowest to the highest.', figuresOrNothing(curveCharts(reported, groups, 'loss'), legendOf(sets)))}
${section('Weights', 'Share of the weights by size, both on logarithmic scales, all layers and seeds, biases left out. The bar at 0: weights that are exactly zero.', figuresOrNothing(histogramCharts(reported, groups)))}
${section('First layer', `The first ${settings.base.hidden.length === 0 && settings.base.layers === undefined ? 'outputs' : 'hidden units'} of seed ${settings.seeds[0]}: what each looks for in the picture. Orange: positive, blue: negative, not painted: exactly zero; every group has its own scale.`,
    pictures.length === 0 ? '' : `<div class="grid pictures">${pictures.map(({ label, source, width, height, largest }) =>
      `<figure><h3>${escape(label)}</h3><img src="${source}" width="${width}" height="${height}" alt="${escape(`Weights of the first units: ${label}`)}"><figcaption>largest |w| ${shortNumber(largest)}</figcaption></figure>`).join('\n')}</div>`)}
${section('How it was done', settings.looks === undefined ? 'All replicas were trained side by side on the same samples, as far as they fit; each as if it were alone.' : 'One network after the other, its seeds side by side on the same samples; each as if it were alone.', conditions(file))}`);
}

const figuresOrNothing = (figures: readonly Figure[], legend = ''): string => (figures.length === 0 ? '' : legend + grid(figures));
