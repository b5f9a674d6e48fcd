/** What a page tells, as text: JSON that keeps the numbers JSON has no words for. A wrong result is often one of them. */

const WORDS = ['NaN', 'Infinity', '-Infinity'] as const;
/** No object that crosses has this name. */
const NAME = 'gradshader:number';

export const pack = (value: unknown): string =>
  JSON.stringify(value, (_key, one: unknown) => (typeof one === 'number' && !Number.isFinite(one) ? { [NAME]: WORDS.indexOf(String(one) as 'NaN') } : one));

export const unpack = (text: string): unknown =>
  JSON.parse(text, (_key, one: unknown) => (typeof one === 'object' && one !== null && NAME in one ? Number(WORDS[one[NAME] as number]) : one));
