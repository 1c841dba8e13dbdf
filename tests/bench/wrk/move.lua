-- Moves cards from stage to stage, each move with the version the card has then. A thread has one
-- connection and cards of its own, all of which begin at version 1; card i stands in stage i % stages.
-- Arguments: cookies, forgery token, board, origin, first card, cards a thread, first stage, stages.

dofile("report.lua")

function init(args)
    csrf, board, origin = args[2], args[3], args[4]
    first_card, cards, first_stage, stages =
        tonumber(args[5]), tonumber(args[6]), tonumber(args[7]), tonumber(args[8])
    -- wrk asks the first thread for a request that it never sends, to see what requests look like.
    turn = number == 0 and -1 or 0
    wrk.method = "POST"
    wrk.headers["Cookie"] = args[1]
    wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
    wrk.headers["Origin"] = origin
    wrk.headers["Host"] = string.gsub(origin, "^http://", "")
    wrk.headers["Sec-Fetch-Site"] = "same-origin"
end

function request()
    turn = turn + 1
    if turn == 0 then
        return wrk.format()
    end
    local card = number * cards + (turn - 1) % cards
    local version = math.floor((turn - 1) / cards) + 1
    return wrk.format(nil, string.format("/boards/%s/cards/%d/move", board, first_card + card), nil,
        string.format("csrf=%s&stage=%d&version=%d&place=top", csrf,
            first_stage + (card + version) % stages, version))
end

wrong = 0
function response(status)
    if status ~= 303 then
        wrong = wrong + 1
    end
end
