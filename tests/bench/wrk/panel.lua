-- Opens several pages in turns, signed in, as script does. Arguments: the cookies, the paths.

dofile("report.lua")

function init(args)
    wrk.headers["Cookie"] = args[1]
    wrk.headers["Accept"] = "text/html"
    wrk.headers["HX-Request"] = "true"
    wrk.headers["Sec-Fetch-Site"] = "same-origin"
    pages = {}
    for i = 2, #args do
        pages[i - 1] = wrk.format("GET", args[i])
    end
    turn = 0
end

function request()
    turn = turn % #pages + 1
    return pages[turn]
end
