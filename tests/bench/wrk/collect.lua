-- Page views as the tracker sends them. Arguments: the dataset's public id, events a request.

dofile("report.lua")

local bodies = {}
local next_body = 0

local pages = { "", "pricing", "product", "product/board", "product/tracking", "customers", "about",
    "blog/from-visit-to-card", "contact", "jobs" }

local function event(at)
    local page = pages[math.random(#pages)]
    return string.format('{"type":"pageview","url":"https://www.example.com/%s?from=%d",' ..
        '"title":"Example - %s","referrer":"https://www.example.com/","at":%d}',
        page, math.random(1000), page, at)
end

function init(args)
    local dataset, events = args[1], tonumber(args[2])
    math.randomseed(number + 1)
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "text/plain;charset=UTF-8"
    wrk.headers["User-Agent"] =
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
    local now = os.time() * 1000
    for i = 1, 1000 do
        local list = {}
        for j = 1, events do
            list[j] = event(now - (events - j) * 1000)
        end
        bodies[i] = wrk.format(nil, "/e", nil, string.format(
            '{"dataset":"%s","visitor":"%016x","sent":%d,"events":[%s]}',
            dataset, math.random(5000), now, table.concat(list, ",")))
    end
end

function request()
    next_body = next_body % #bodies + 1
    return bodies[next_body]
end

wrong = 0
function response(status)
    if status ~= 204 then
        wrong = wrong + 1
    end
end
