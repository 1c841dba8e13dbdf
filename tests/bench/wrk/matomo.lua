-- Page views as matomo.js sends them. Argument: the dataset's public id.

dofile("report.lua")

local pages = { "", "pricing", "product", "product%2Fboard", "product%2Ftracking", "customers", "about",
    "blog%2Ffrom-visit-to-card", "contact", "jobs" }
local bodies = {}
local next_body = 0

function init(args)
    math.randomseed(number + 1)
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
    wrk.headers["User-Agent"] =
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
    for i = 1, 1000 do
        local page = pages[math.random(#pages)]
        local query = string.format("action_name=Example%%20-%%20%s&idsite=%s&rec=1&r=%06d&h=12&m=30&s=15" ..
            "&url=https%%3A%%2F%%2Fwww.example.com%%2F%s%%3Ffrom%%3D%d&urlref=https%%3A%%2F%%2Fwww.example.com%%2F" ..
            "&_id=%016x&_idn=0&send_image=0&_refts=0&pdf=1&qt=0&realp=0&wma=0&fla=0&java=0&ag=0&cookie=1&res=1440x900" ..
            "&pv_id=%06d&pf_net=1&pf_srv=40&pf_tfr=2&pf_dm1=120",
            page, args[1], math.random(999999), page, math.random(1000), math.random(5000), math.random(999999))
        bodies[i] = wrk.format(nil, "/matomo.php?" .. query)
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
