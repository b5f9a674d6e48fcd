/** The version in package.json, for code that cannot read files. A leaf. */
export const VERSION = '0.1.0';
