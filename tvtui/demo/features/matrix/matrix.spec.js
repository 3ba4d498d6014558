const { test, expect } = require('@playwright/test');
const N = 400;
test.describe('Price matrix', () => {
  for (let i = 0; i < N; i++)
    test(`price of SKU-${String(i).padStart(4, '0')} in ${['EUR', 'USD', 'JPY', 'GBP'][i % 4]} × ${1 + i % 9}`, () => { expect(i % 37 === 5 ? i : 0, `rounding of SKU ${i}`).toBe(0); });
});
