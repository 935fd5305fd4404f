import { ACD_VARIANTS } from '@wxcc-wfo/contracts';
import { type Static, Type } from 'typebox';
import { Capabilities } from './acd-view.ts';
import { ACD_TYPES, VARIANTS } from './variant-policy.ts';

const fields = {
  variant: Type.String({ enum: [...ACD_VARIANTS], description: 'Its name.' }),
  type: Type.String({ enum: [...ACD_TYPES], description: 'The guide’s “Select ACD”.' }),
  title: Type.String({ description: 'The column of the guide’s table.' }),
  authorization: Type.String({ enum: ['oauth', 'api-key'], description: 'By a sign-in at Webex, or by an API key.' }),
  useCmsV2: Type.Union([Type.Boolean(), Type.Null()], {
    description: 'The tick of the 1.0 form that chooses it; null: the form has none.',
  }),
  formFields: Type.Array(Type.String(), { description: 'Fields that its form has and the other form has not.' }),
  capabilities: Capabilities,
};

export function variantsShown(): Static<typeof VariantList> {
  return {
    items: ACD_VARIANTS.map((variant) => {
      const { acdType: type, title, authorization, useCmsV2, formFields, capabilities } = VARIANTS[variant];
      return {
        variant,
        type,
        title,
        authorization,
        useCmsV2: formFields.includes('useCmsV2') ? useCmsV2 : null,
        formFields: [...formFields],
        capabilities,
      };
    }),
  };
}

/** The matrix of ACD-02. */
export const VariantList = Type.Object(
  { items: Type.Array(Type.Object(fields), { description: 'The four variants.' }) },
  {
    description: 'The matrix of the guide.',
    examples: [
      {
        items: [
          {
            variant: '2.0',
            type: VARIANTS['2.0'].acdType,
            title: VARIANTS['2.0'].title,
            authorization: 'oauth',
            useCmsV2: null,
            formFields: [...VARIANTS['2.0'].formFields],
            capabilities: VARIANTS['2.0'].capabilities,
          },
        ],
      },
    ],
  },
);
