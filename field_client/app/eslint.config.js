import vue from 'eslint-plugin-vue'
import tseslint from 'typescript-eslint'

const OUTSIDE_OF_ENGINE = ['vue', 'vue/*', 'vant', 'vant/*', 'vue-router', 'vue-i18n', '@/*', '*.vue']
const OF_A_PAGE = ['window', 'document', 'localStorage', 'sessionStorage', 'alert', 'location']

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'src/engine/wire/api.d.ts', 'src/engine/data/'] },
  tseslint.configs.strict,
  vue.configs['flat/essential'],
  {
    files: ['**/*.vue'],
    languageOptions: { parserOptions: { parser: tseslint.parser } },
    // prettier alone says how a template is laid out
    rules: { 'no-undef': 'off', 'vue/no-v-html': 'error', 'vue/require-explicit-emits': 'error' },
  },
  {
    rules: {
      'no-console': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: { 'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }] },
  },
  {
    files: ['src/engine/**/*.ts'],
    languageOptions: {
      parserOptions: { project: './tsconfig.engine.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // the engine runs without a page: in a worker, in Node, on a phone
      'no-restricted-imports': ['error', { patterns: OUTSIDE_OF_ENGINE }],
      'no-restricted-globals': ['error', ...OF_A_PAGE],
      '@typescript-eslint/no-floating-promises': 'error',
    },
  },
)
