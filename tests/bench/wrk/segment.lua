-- Page views as Segment's browser library sends them, each with an id of its own. Argument: the dataset's public id.

dofile("report.lua")

local pages = { "", "pricing", "product", "product/board", "product/tracking", "customers", "about",
    "blog/from-visit-to-card", "contact", "jobs" }
local agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
local heads, tails = {}, {}
local head, next_id = "", 0

function init(args)
    math.randomseed(number + 1)
    local now = os.date("!%Y-%m-%dT%H:%M:%S.000Z")
    for i = 1, 1000 do
        local page = pages[math.random(#pages)]
        local url = string.format("https://www.example.com/%s?from=%d", page, math.random(1000))
        local title = "Example - " .. page
        local visitor = string.format("%08x-0000-4000-8000-%012x", math.random(5000), math.random(5000))
        heads[i] = string.format('{"timestamp":"%s","integrations":{},"anonymousId":"%s","type":"page",' ..
            '"properties":{"path":"/%s","referrer":"https://www.example.com/","search":"?from=1","title":"%s","url":"%s"},' ..
            '"context":{"page":{"path":"/%s","referrer":"https://www.example.com/","search":"?from=1","title":"%s","url":"%s"},' ..
            '"userAgent":"%s","locale":"en-US","library":{"name":"analytics.js","version":"npm:next-1.84.3"}},' ..
            '"messageId":"ajs-next-%d-', now, visitor, page, title, url, page, title, url, agent, number)
        tails[i] = string.format('","writeKey":"%s","userId":null,"sentAt":"%s"}', args[1], now)
    end
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "text/plain"
    wrk.headers["User-Agent"] = agent
end

function request()
    next_id = next_id + 1
    local i = next_id % 1000 + 1
    return wrk.format(nil, "/v1/p", nil, heads[i] .. next_id .. tails[i])
end

wrong = 0
function response(status)
    if status ~= 200 then
        wrong = wrong + 1
    end
end
