/// The page's structure. Data stands only between tags, never within one.
enum HTMLTemplate {
    static let text = """
        {{% CONTENT_TYPE: SCALAR_HTML}}
        <!DOCTYPE html>
        <html lang="{{language}}">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{{page.title}}, {{page.month}}, {{page.clientName}}</title>
        <style>
        {{{style}}}
        </style>
        </head>
        <body>
        <main>
        <header>
        <div>
        <p class="notice">{{words.noFiscalValue}}</p>
        <h1>{{page.title}}</h1>
        <p class="month">{{page.month}}
          <span class="status{{#page.isOpen}} open{{/page.isOpen}}">{{page.status}}</span></p>
        </div>
        <div class="total">
        <p class="label">{{words.totalInReais}}</p>
        <p class="amount">{{page.totalBRL}}</p>
        <p class="detail">{{page.totalUSD}}</p>
        </div>
        </header>
        <dl class="facts">
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
        <section>
        <h2>{{words.usageByModel}}</h2>
        {{^hasGroups}}
        <p class="empty">{{words.noUsage}}</p>
        {{/hasGroups}}
        {{#hasGroups}}
        <table class="lines">
        <thead>
        <tr><th scope="col">{{words.kind}}</th><th scope="col">{{words.quantity}}</th>\
        <th scope="col">{{words.unitPrice}}</th><th scope="col">{{words.usd}}</th>\
        <th scope="col">{{words.rate}}</th><th scope="col">{{words.brl}}</th></tr>
        </thead>
        {{#page.groups}}
        <tbody>
        <tr class="model"><th scope="rowgroup" colspan="3">\
        <span>{{provider}}</span> {{model}} <em>{{tier}}</em></th>
        <td>{{usd}}</td><td></td><td>{{brl}}</td></tr>
        {{#rows}}
        <tr{{#isUnpriced}} class="unpriced"{{/isUnpriced}}><th scope="row">{{kind}}</th>\
        <td>{{quantity}}</td><td>{{price}}</td><td>{{usd}}</td>\
        <td><small>{{average}}</small> {{rate}}</td><td>{{brl}}</td></tr>
        {{/rows}}
        </tbody>
        {{/page.groups}}
        <tbody>
        <tr class="sum"><th scope="row" colspan="3">{{words.total}}</th>\
        <td>{{page.tableTotalUSD}}</td><td></td><td>{{page.totalBRL}}</td></tr>
        </tbody>
        </table>
        {{/hasGroups}}
        </section>
        <div class="notes">
        {{#notes}}
        <section>
        <h2>{{heading}}</h2>
        <dl>
        {{#facts}}
        <div><dt>{{label}}</dt><dd>{{value}}</dd></div>
        {{/facts}}
        </dl>
        </section>
        {{/notes}}
        </div>
        {{#hasDays}}
        <section>
        <h2>{{words.usageByDay}}</h2>
        <table class="days">
        <thead>
        <tr><th scope="col">{{words.day}}</th><th scope="col">{{words.calls}}</th>\
        <th scope="col">{{words.usd}}</th><th scope="col">{{words.rate}}</th>\
        <th scope="col">{{words.quote}}</th><th scope="col">{{words.brl}}</th></tr>
        </thead>
        <tbody>
        {{#page.days}}
        <tr{{#isDoubtful}} class="doubtful"{{/isDoubtful}}><th scope="row">{{date}}</th>\
        <td>{{calls}}</td><td>{{usd}}</td><td>{{rate}}</td><td>{{quote}}</td><td>{{brl}}</td></tr>
        {{/page.days}}
        </tbody>
        </table>
        <p class="hint">{{words.daysNote}}</p>
        </section>
        {{/hasDays}}
        <section class="proof">
        <h2>{{page.proof.heading}}</h2>
        <dl>
        {{#page.proof.facts}}
        <div><dt>{{label}}</dt><dd{{#isCode}} class="code"{{/isCode}}>{{value}}</dd></div>
        {{/page.proof.facts}}
        </dl>
        <p class="hint">{{words.noFiscalValue}}. {{words.generated}}</p>
        </section>
        </main>
        </body>
        </html>

        """
}
