/// The comparison's page. Data stands only between tags, never within one but for lengths, which
/// are digits.
enum WhatIfTemplate {
    /// What the page adds to the statement's look.
    static let style = """
        .chart { width: 100%; height: auto; display: block; margin-top: .4rem;
          break-inside: avoid; font-size: 12px; }
        .chart text { fill: var(--ink); }
        .chart .soft { fill: var(--soft); }
        .chart .before, .key.before::before { fill: #b9c4cf; background: #b9c4cf; }
        .chart .after, .key.after::before { fill: var(--deep); background: var(--deep); }
        .chart line { stroke: var(--line); }
        .key { font-size: .78rem; color: var(--soft); margin-right: 1.2rem; }
        .key::before { content: ""; display: inline-block; width: .7rem; height: .7rem;
          border-radius: 2px; margin-right: .4rem; vertical-align: -.05rem;
          print-color-adjust: exact; -webkit-print-color-adjust: exact; }
        .grid th, .grid td { width: auto; padding-left: .8rem; }
        .grid th:first-child { padding-left: 0; min-width: 6.5rem; }
        .grid td.name { text-align: left; }
        .grid td.wide { white-space: normal; overflow-wrap: anywhere; }
        .grid thead th.name { text-align: left; }
        .grid tbody tr + tr > * { border-top: 1px solid var(--line); }
        .grid .sum > * { border-top: 2px solid var(--ink); font-size: 1rem; }
        """

    static let text = """
        {{% CONTENT_TYPE: SCALAR_HTML}}
        <!DOCTYPE html>
        <html lang="{{language}}">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{{words.title}}, {{page.client}}, {{page.period}}</title>
        <style>
        {{{style}}}
        </style>
        </head>
        <body>
        <main>
        <header>
        <div>
        <p class="notice">{{words.notice}}</p>
        <h1>{{words.title}}</h1>
        <p class="month">{{page.period}}</p>
        </div>
        <div class="total">
        <p class="label">{{words.difference}}</p>
        <p class="amount">{{page.total.difference}}</p>
        <p class="detail">{{page.totalBefore}} → {{page.totalAfter}}, \
        {{page.total.percent}}</p>
        </div>
        </header>
        <dl class="facts">
        <div><dt>{{words.client}}</dt><dd>{{page.client}}</dd></div>
        {{#page.facts}}
        <div><dt>{{label}}</dt><dd>{{value}}</dd></div>
        {{/page.facts}}
        </dl>
        {{#hasWarnings}}
        <section class="warnings">
        <h2>{{words.warning}}</h2>
        <ul>
        {{#page.warnings}}
        <li>{{.}}</li>
        {{/page.warnings}}
        </ul>
        </section>
        {{/hasWarnings}}
        {{^hasUsage}}
        <section>
        <p class="empty">{{words.noUsage}}</p>
        </section>
        {{/hasUsage}}
        {{#hasUsage}}
        <section>
        <h2>{{page.chartHeading}}</h2>
        <p><span class="key before">{{words.now}}</span><span class="key after">{{words.then}}\
        </span></p>
        <svg class="chart" role="img" aria-label="{{page.chartHeading}}" \
        viewBox="0 0 750 {{chart.height}}">
        <line x1="{{barX}}" y1="0" x2="{{barX}}" y2="{{chart.height}}"></line>
        {{#chart.groups}}
        <text x="{{labelX}}" y="{{labelY}}" text-anchor="end">{{label}}</text>
        <rect class="before" x="{{barX}}" y="{{beforeY}}" width="{{beforeWidth}}" height="15">\
        </rect>
        <rect class="after" x="{{barX}}" y="{{afterY}}" width="{{afterWidth}}" height="15"></rect>
        <text class="soft" x="{{beforeTextX}}" y="{{beforeTextY}}">{{before}}</text>
        <text x="{{afterTextX}}" y="{{afterTextY}}">{{after}}</text>
        <text x="748" y="{{labelY}}" text-anchor="end">{{change}}</text>
        {{/chart.groups}}
        </svg>
        </section>
        <section>
        <h2>{{words.comparison}}</h2>
        {{^hasRows}}
        <p class="empty">{{words.noChange}}</p>
        {{/hasRows}}
        {{#hasRows}}
        <table class="grid">
        <thead>
        <tr><th scope="col">{{words.client}}</th><th scope="col" class="name">{{words.month}}</th>\
        {{#isByModel}}<th scope="col" class="name">{{words.usedModel}}</th>{{/isByModel}}\
        <th scope="col">{{words.calls}}</th><th scope="col">{{words.usdNow}}</th>\
        <th scope="col">{{words.usdThen}}</th><th scope="col">{{words.brlNow}}</th>\
        <th scope="col">{{words.brlThen}}</th><th scope="col">{{words.difference}}</th>\
        <th scope="col">{{words.change}}</th></tr>
        </thead>
        <tbody>
        {{#page.rows}}
        <tr><th scope="row">{{client}}</th><td class="name">{{month}}</td>\
        {{#isByModel}}<td class="name wide">{{model}}</td>{{/isByModel}}\
        <td>{{calls}}</td><td>{{usdBefore}}</td><td>{{usdAfter}}</td><td>{{before}}</td>\
        <td>{{after}}</td><td>{{difference}}</td><td>{{percent}}</td></tr>
        {{/page.rows}}
        {{#page.total}}
        <tr class="sum"><th scope="row">{{client}}</th><td></td>{{#isByModel}}<td></td>\
        {{/isByModel}}<td>{{calls}}</td><td>{{usdBefore}}</td><td>{{usdAfter}}</td>\
        <td>{{before}}</td><td>{{after}}</td><td>{{difference}}</td><td>{{percent}}</td></tr>
        {{/page.total}}
        </tbody>
        </table>
        {{/hasRows}}
        </section>
        <section>
        <h2>{{words.budgets}}</h2>
        {{^hasBudgets}}
        <p class="empty">{{words.noBudgets}}</p>
        {{/hasBudgets}}
        {{#hasBudgets}}
        <table class="grid">
        <thead>
        <tr><th scope="col">{{words.client}}</th><th scope="col" class="name">{{words.budget}}</th>\
        <th scope="col" class="name">{{words.period}}</th><th scope="col">{{words.limit}}</th>\
        <th scope="col">{{words.now}}</th><th scope="col">{{words.then}}</th>\
        <th scope="col" class="name">{{words.effect}}</th></tr>
        </thead>
        <tbody>
        {{#page.budgets}}
        <tr><th scope="row">{{client}}</th><td class="name wide">{{budget}}</td>\
        <td class="name">{{period}}</td><td>{{limit}}</td><td>{{before}}</td><td>{{after}}</td>\
        <td class="name wide">{{effect}}</td></tr>
        {{/page.budgets}}
        </tbody>
        </table>
        <p class="hint">{{words.budgetsHint}}</p>
        {{/hasBudgets}}
        </section>
        {{/hasUsage}}
        <p class="hint">{{words.hint}}</p>
        </main>
        </body>
        </html>

        """
}
