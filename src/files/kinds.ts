/** What a file is by its first bytes, for messages: people have other files in hand than the ones that are wanted. */

interface Kind {
  readonly is: string;
  /** Text stands for its bytes. */
  readonly begins: string;
  readonly at?: number;
  readonly advice: string;
}

const UNPACK = 'Unpack it first.';
const CONVERT = 'Convert it first.';

const KINDS: readonly Kind[] = [
  { is: 'gzip', begins: '\x1f\x8b\x08', advice: UNPACK },
  { is: 'a zip archive', begins: 'PK\x03\x04', advice: 'Unpack it first (files of PyTorch and .npz of NumPy are zip archives too: save their arrays in the format wanted).' },
  { is: 'bzip2', begins: 'BZh', advice: UNPACK },
  { is: 'xz', begins: '\xfd7zXZ\0', advice: UNPACK },
  { is: 'zstd', begins: '\x28\xb5\x2f\xfd', advice: UNPACK },
  { is: 'a 7z archive', begins: '7z\xbc\xaf\x27\x1c', advice: UNPACK },
  { is: 'a rar archive', begins: 'Rar!', advice: UNPACK },
  { is: 'a tar archive', begins: 'ustar', at: 257, advice: UNPACK },
  { is: 'a NumPy array (.npy)', begins: '\x93NUMPY', advice: CONVERT },
  { is: 'HDF5 (Keras .h5)', begins: '\x89HDF', advice: CONVERT },
  { is: 'GGUF', begins: 'GGUF', advice: CONVERT },
  { is: 'Parquet', begins: 'PAR1', advice: CONVERT },
  { is: 'a PDF document', begins: '%PDF-', advice: 'Check the address.' },
  { is: 'a PNG image', begins: '\x89PNG', advice: CONVERT },
  { is: 'a JPEG image', begins: '\xff\xd8\xff', advice: CONVERT },
  { is: 'a Git LFS pointer, not the file itself', begins: 'version https://git-lfs', advice: "Run 'git lfs pull', or get the file by its download address." },
];

/** A tab, the end of a line, or any other sign of ASCII. */
const SIGN = '[\\t\\n\\r -~]';

/** Versions of Python's pickles that begin with one. */
const PICKLES = '\x02-\x05';

/** What a zlib stream's second byte is. */
const ZLIB_LEVELS = '\x01\x9c\xda^';

/** By a pattern: bytes that could be a length at a file's beginning are none of these. */
const LOOKS: readonly (readonly [begins: RegExp, is: string, advice: string])[] = [
  // The opcode PROTO, and what pickles go on with.
  [new RegExp(`^\x80[${PICKLES}][\x95}\\]c(X\x8a\x8c]`), 'a Python pickle (older files of PyTorch are such)', 'Load it in Python, and save its arrays in the format wanted.'],
  [new RegExp(`^((\xff\xfe|\xfe\xff)(?!\0\0)|(${SIGN}\0){4}|(\0${SIGN}){4})`), "text in UTF-16, which PowerShell's > makes of whatever comes", 'Save the bytes as they are, with curl -o or Invoke-WebRequest -OutFile.'],
  // Not where the bytes are a length below 2^16.
  [new RegExp(`^x[${ZLIB_LEVELS}](?!\0\0)`), 'a zlib stream without the header of gzip', 'Unpack it first (zlib.decompress in Python).'],
  [/^(%[^\n]*\n\s*)*@relation\s/i, 'an ARFF file of Weka', CONVERT],
  [/^[+-]?\d+(\.\d+)?( +\d+:[-+.\de]+)+\s*[\r\n]/i, 'a file of libsvm', CONVERT],
  [/^([+-]?\d+(\.\d+)?[ \t]*\r?\n){2}/, 'numbers as text, one a line', CONVERT],
  [/^<(!doctype html|html|head|body|!--)/i, 'an HTML page', 'Check the address.'],
  [/^<(\?xml|[a-z])/i, 'an XML page, perhaps a server\'s error', 'Check the address.'],
  [/^[{[]\s*["{[\d}\]-]/, 'JSON, perhaps a server\'s error', 'Check the address.'],
  [/^[\w"'.+-]+([,;\t][\w"'.+ -]*)+[\r\n]/, 'a table of text (CSV)', CONVERT],
];

const textOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');

/** ' This is <kind>. <advice>', or nothing where the first bytes say nothing. */
export function saidKind(bytes: Uint8Array): string {
  const head = textOf(bytes.subarray(0, 512));
  const kind = KINDS.find(({ begins, at = 0 }) => head.startsWith(begins, at));
  if (kind !== undefined) return ` This is ${kind.is}. ${kind.advice}`;
  // A page may begin with blank lines, and with the mark of UTF-8.
  const text = head.replace(/^\xef\xbb\xbf/, '').trimStart();
  const found = LOOKS.find(([begins]) => begins.test(text));
  return found === undefined ? '' : ` This looks like ${found[1]}. ${found[2]}`;
}
