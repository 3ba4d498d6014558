Feature: Orders and vouchers
  Customers find their orders, redeem vouchers and come to the shop.

  Scenario: Order 1042 opens from the list
    Given I am on my account page
    When I show the orders of "ada"
    Then I can open the order "1042"

  Scenario: Voucher lowers the total
    Given my cart costs "$49.97"
    When I redeem the voucher "SPRING"
    Then the total is "$44.97"
    And I am told "Voucher redeemed"

  Scenario: Articles are sorted by price
    When I look at the products by price
    Then the cheapest product comes first

  Scenario: Nearest shop is on the map
    Given the map of the shops has loaded
    When I search for the postal code "10115"
    Then the shop "Acme Mitte" is on the map

  Scenario: Backpack goes into the cart
    Given I look at the products
    When I add the backpack to the cart
    Then the badge says "1"

  Scenario: Bike light can be added
    Given I look at the products
    When I add the bike light to the cart
    Then the badge says "1"
