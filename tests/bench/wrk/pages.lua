-- Opens several pages in turn, signed in. Arguments: the cookies, "1" when htmx asks for parts of pages,
-- then the paths.

dofile("report.lua")

local pages = {}
local turn = 0

function init(args)
    wrk.headers["Cookie"] = args[1]
    wrk.headers["Accept"] = "text/html"
    wrk.headers["Sec-Fetch-Site"] = "same-origin"
    if args[2] == "1" then
        wrk.headers["HX-Request"] = "true"
    end
    for i = 3, #args do
        pages[i - 2] = wrk.format("GET", args[i])
    end
    turn = number * 7 -- threads begin at different ones
end

function request()
    turn = turn + 1
    return pages[turn % #pages + 1]
end
