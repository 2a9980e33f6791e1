"""The pages of proxy handling at the window and of the town's queue, for the router."""

from __future__ import annotations

from server.desk.pages.batches import batch_page, batches, post_take_back_batch
from server.desk.pages.proxy import post_archive, post_hand_up, post_receive, proxy
from server.desk.pages.proxy_case import (
    post_deliver,
    post_delivery_task,
    post_follow_up,
    post_supplement,
    post_take_back,
    proxy_case_page,
)
from server.desk.pages.ratings import ratings
from server.desk.pages.town_case import post_town_act, town_case_page
from server.desk.pages.town_queue import post_accept_several, post_issue_several, town_batch, town_queue

proxy_pages = [
    proxy,
    post_receive,
    post_hand_up,
    post_archive,
    batches,
    batch_page,
    post_take_back_batch,
    proxy_case_page,
    post_take_back,
    post_supplement,
    post_delivery_task,
    post_deliver,
    post_follow_up,
    ratings,
]
town_pages = [
    town_queue,
    post_accept_several,
    post_issue_several,
    town_batch,
    town_case_page,
    post_town_act,
]
