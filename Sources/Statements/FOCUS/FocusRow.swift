/// One charge of a FOCUS 1.2 file, with the columns that can have something in them here.
///
/// FOCUS is the FinOps Open Cost and Usage Specification, <https://focus.finops.org>. Figures are
/// decimal text; nil is FOCUS's null, an empty field.
struct FocusRow {
    var billedCost: String
    var chargeCategory: Category
    /// True for a charge of a period that was billed before.
    var isCorrection = false
    var chargeDescription: String
    var chargeFrequency: Frequency
    var chargePeriodStart: String
    var chargePeriodEnd: String
    var consumedQuantity: String?
    var consumedUnit: String?
    var effectiveCost: String
    /// List and contracted cost are the same: discounts are lines of their own.
    var listCost: String
    var listUnitPrice: String?
    var pricingCurrency = "BRL"
    var pricingCurrencyEffectiveCost: String
    var pricingCurrencyUnitPrice: String?
    var pricingQuantity: String?
    var pricingUnit: String?
    var providerName: String
    var serviceName: String
    var isModel = false
    var skuId: String?
    var skuMeter: String?
    var skuPriceDetails: String?

    /// FOCUS's values of ChargeCategory that occur here.
    enum Category: String {
        case usage = "Usage", tax = "Tax", credit = "Credit"
        case adjustment = "Adjustment"
    }

    /// FOCUS's values of ChargeFrequency that occur here.
    enum Frequency: String { case usageBased = "Usage-Based", oneTime = "One-Time" }

    /// The columns in the order of the specification.
    static let header = [
        "BilledCost", "BillingAccountId", "BillingAccountName", "BillingAccountType",
        "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory",
        "ChargeClass", "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd",
        "ChargePeriodStart", "ConsumedQuantity", "ConsumedUnit", "ContractedCost",
        "ContractedUnitPrice", "EffectiveCost", "InvoiceId", "InvoiceIssuerName", "ListCost",
        "ListUnitPrice", "PricingCategory", "PricingCurrency", "PricingCurrencyContractedUnitPrice",
        "PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice", "PricingQuantity",
        "PricingUnit", "ProviderName", "PublisherName", "RegionId", "RegionName", "ResourceId",
        "ResourceName", "ResourceType", "ServiceCategory", "ServiceName", "ServiceSubcategory",
        "SkuId", "SkuMeter", "SkuPriceDetails", "SkuPriceId", "SubAccountId", "SubAccountName",
        "SubAccountType", "Tags",
    ]
}
