import js from '@eslint/js';
import globals from 'globals';

export default [
    js.configs.recommended,
    {
        files: ['**/html/**/*.js'],
        languageOptions: { globals: globals.browser },
        rules: {
            'eqeqeq': 'error',
            'no-var': 'error',
            'prefer-const': 'error',
            'no-shadow': 'error',
            'no-unused-expressions': 'error',
            'no-implied-eval': 'error',
            'max-len': ['error', 80],
            'max-lines-per-function': ['error', 80],
            'complexity': ['error', 12]
        }
    },
    {
        files: ['**/tests/browser/*.{js,mjs}'],
        languageOptions: {
            globals: { ...globals.node, ...globals.browser }
        },
        rules: {
            'eqeqeq': 'error',
            'no-var': 'error',
            'prefer-const': 'error',
            'no-shadow': 'error',
            'max-len': ['error', 80]
        }
    }
];
