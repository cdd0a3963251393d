/// The page's structure. Data stands only between tags, never within one.
enum HTMLTemplate {
    /// A table with its heading.
    private static let table = """
        <section{{#again}} class="table"{{/again}}>
        <h2>{{heading}}</h2>
        <table class="{{name}}">
        <thead>
        {{#again}}
        <tr class="again"><th scope="colgroup" colspan="{{.}}">{{heading}}</th></tr>
        {{/again}}
        <tr><th scope="col">{{nameTitle}}</th>\
        {{#titles}}<th scope="col">{{.}}</th>{{/titles}}</tr>
        </thead>
        <tbody>
        {{#rows}}
        <tr{{#class}} class="{{.}}"{{/class}}><th scope="{{scope}}"\
        {{#span}} colspan="{{.}}"{{/span}}>\
        {{#lead}}<span>{{.}}</span> {{/lead}}{{name}}{{#trail}} <em>{{.}}</em>{{/trail}}</th>\
        {{#figures}}<td>{{.}}</td>{{/figures}}</tr>
        {{/rows}}
        </tbody>
        </table>
        {{#hint}}
        <p class="hint">{{.}}</p>
        {{/hint}}
        </section>
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
        <title>{{page.title}} {{page.number}}, {{page.month}}, {{page.clientName}}</title>
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
        <p class="month">{{month}}
          <span class="status{{#page.isOpen}} open{{/page.isOpen}}">{{page.status}}</span></p>
        </div>
        <div class="total">
        <p class="label">{{words.totalInReais}}</p>
        <p class="amount">{{page.totalBRL}}</p>
        <p class="detail">{{page.totalUSD}}</p>
        </div>
        </header>
        <div class="parties">
        {{#page.parties}}
        <dl>
        {{#facts}}
        <div><dt>{{label}}</dt><dd>{{value}}</dd></div>
        {{/facts}}
        </dl>
        {{/page.parties}}
        </div>
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
        {{#summary}}
        \(table)
        {{/summary}}
        {{#chart}}
        <section class="chart">
        <h2>{{heading}}</h2>
        <svg viewBox="0 0 {{width}} {{height}}" role="img" aria-label="{{heading}}">
        {{#marks}}
        <line x1="{{left}}" x2="{{right}}" y1="{{y}}" y2="{{y}}"/>
        <text class="mark" x="{{textX}}" y="{{textY}}">{{label}}</text>
        {{/marks}}
        {{#bars}}
        <rect x="{{x}}" y="{{y}}" width="{{width}}" height="{{height}}">\
        <title>{{title}}</title></rect>
        {{/bars}}
        {{#days}}
        <text class="day" x="{{x}}" y="{{y}}">{{day}}</text>
        {{/days}}
        </svg>
        </section>
        {{/chart}}
        {{#tables}}
        \(table)
        {{/tables}}
        <div class="notes">
        {{#page.notes}}
        <section>
        <h2>{{heading}}</h2>
        <dl>
        {{#facts}}
        <div><dt>{{label}}</dt><dd>{{value}}</dd></div>
        {{/facts}}
        </dl>
        </section>
        {{/page.notes}}
        </div>
        {{#days}}
        \(table)
        {{/days}}
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
