Feature: Syntax error

  Scenario: never collected
    When I open the shop
    Then it is there
