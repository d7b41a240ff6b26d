"""crmetrics: what a company's CRM, shop, ERP and help desk already record, turned into answers and next steps."""
