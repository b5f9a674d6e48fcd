/** Every text of the source that advises: a sentence in it begins with what to do. */
import ts from 'typescript';
import { filesUnder } from '../architecture/files.ts';

const VERBS = 'Add|Allow|Ask|Await|Build|Call|Check|Choose|Close|Convert|Create|Declare|Divide|Export|Get|Give|Install|Keep|Leave|Load|Lower|Make|Name|Open|Pass|Put|Raise|Read|Remove|Rename|Restart|Run|Say|Serve|Set|Shuffle|Split|Start|Take|Try|Turn|Unpack|Update|Use|Wait|Write';
const ADVISES = new RegExp(`(^|[.:;,)] )(${VERBS}):? [^:]`);
const LABEL = /^Run folder: /;

export interface Text {
  /** 'src/a.ts:12' */
  readonly place: string;
  readonly text: string;
}

const isHelp = (node: ts.Node): boolean =>
  ts.isCallExpression(node.parent) && ts.isPropertyAccessExpression(node.parent.expression) &&
  ['description', 'option', 'addHelpText', 'argument'].includes(node.parent.expression.name.text) || ts.isNewExpression(node.parent) && node.parent.expression.getText() === 'Option';

/** What is written in a text, with ${...} where values stand; undefined for other nodes. */
function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return node.head.text + node.templateSpans.map(({ literal }) => `\${}${literal.text}`).join('');
}

/** What tells of what there is: help, pages of documentation, figures. */
const APART = /^src\/cli\/(program|docs[\w-]*|progress|plan|bench\/(charts[\w-]*|report[\w-]*|terminal))\.ts$/;

export function advisingTexts(): Text[] {
  return filesUnder('src', '.ts').filter(({ path }) => !path.endsWith('.d.ts') && !APART.test(path)).flatMap(({ path, text }) => {
    const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true), found: Text[] = [];
    const visit = (node: ts.Node): void => {
      const said = textOf(node);
      if (said !== undefined && ADVISES.test(said) && !LABEL.test(said) && !isHelp(node)) found.push({ place: `${path}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`, text: said });
      else ts.forEachChild(node, visit);
    };
    visit(file);
    return found;
  });
}
