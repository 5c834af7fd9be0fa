export default {
    extends: 'stylelint-config-standard',
    rules: {
        /* The rules of a part of the page stand together, whatever weighs
           more: sorting by weight would scatter them. */
        'no-descending-specificity': null,
        'rule-empty-line-before': null,
        'color-hex-length': 'long',
        'custom-property-empty-line-before': null,

        /* Browsers learned "width <= 30rem" later than all else used. */
        'media-feature-range-notation': 'prefix'
    }
};
