// The main script of the executable. The program is an asset, and so is what V8 had compiled of it once it had run (compile-ahead.cjs); of one that it does not
// want, because a flag of NODE_OPTIONS has it compile otherwise, it takes nothing.
const { getAssetKeys, getRawAsset } = require('node:sea');
const { constants, Script } = require('node:vm');

// The bundle has no character beyond ASCII.
const source = Buffer.from(getRawAsset('program')).toString('latin1');
const cachedData = getAssetKeys().includes('compiled') ? Buffer.from(getRawAsset('compiled')) : undefined;
const program = new Script(source, {
  filename: process.execPath,
  cachedData,
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
program.runInThisContext()(exports, require, module, __filename, __dirname);
