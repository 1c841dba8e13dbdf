-- Opens one page again and again, signed in. Argument: the cookies.

dofile("report.lua")

function init(args)
    wrk.headers["Cookie"] = args[1]
    wrk.headers["Accept"] = "text/html"
    wrk.headers["Sec-Fetch-Site"] = "same-origin"
    page = wrk.format("GET")
end

function request()
    return page
end
