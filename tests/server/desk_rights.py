"""Who may open each page and send each form of the desk: one row a route, written down beside the program.

open  also without a session     any  whoever is signed in, at any place (their own things, or only led on)
-     nobody, as things stand    letters: the personas of `desk_personas`, at this village and its town
"""

from __future__ import annotations

from tests.server.desk_personas import Route

_TABLE = """
GET  /desk                                                   any
GET  /desk/assets/{path}                                     open
GET  /desk/drafts                                            any
GET  /desk/live/{place}                                      CDSA
GET  /desk/mine                                              any
GET  /desk/sign-in                                           open
GET  /desk/t/{place}                                         CDSA
GET  /desk/t/{place}/cases                                   CDS
GET  /desk/t/{place}/cases/chart                             CDS
GET  /desk/t/{place}/cases/list                              CDS
GET  /desk/t/{place}/cases/of/{village}/{case}               CS
GET  /desk/t/{place}/coverage                                S
GET  /desk/t/{place}/coverage/chart                          S
GET  /desk/t/{place}/coverage/map                            S
GET  /desk/t/{place}/coverage/overdue                        S
GET  /desk/t/{place}/coverage/unsigned                       S
GET  /desk/t/{place}/devices                                 SA
GET  /desk/t/{place}/devices/{device}                        A
GET  /desk/t/{place}/places                                  CDSA
GET  /desk/t/{town}/batches/{village}/{batch}                CD
GET  /desk/t/{town}/cases/{village}/{case}                   C
GET  /desk/t/{town}/queue                                    CD
GET  /desk/v/{place}/case-figures                            LCDS
GET  /desk/v/{place}/case-figures/chart                      LCDS
GET  /desk/v/{place}/case-figures/list                       LCDS
GET  /desk/v/{place}/case-figures/of/{village}/{case}        LCS
GET  /desk/v/{place}/coverage                                LS
GET  /desk/v/{place}/coverage/chart                          LS
GET  /desk/v/{place}/coverage/grids/{grid}                   LS
GET  /desk/v/{place}/coverage/households/{household}         LS
GET  /desk/v/{place}/coverage/map                            LS
GET  /desk/v/{place}/coverage/overdue                        LS
GET  /desk/v/{place}/coverage/rounds/{round_id}              LS
GET  /desk/v/{place}/coverage/unsigned                       LS
GET  /desk/v/{place}/coverage/visits/{visit}                 LS
GET  /desk/v/{place}/devices                                 WLA
GET  /desk/v/{place}/devices/{device}                        WLA
GET  /desk/v/{place}/mine                                    WOHL
GET  /desk/v/{place}/workers                                 L
GET  /desk/v/{place}/workers/{worker}                        L
GET  /desk/v/{village}                                       WOHLCD
GET  /desk/v/{village}/cases/new                             W
GET  /desk/v/{village}/cases/new/files/{digest}              W
GET  /desk/v/{village}/cases/new/{item}                      W
GET  /desk/v/{village}/cases/{case}                          WHC
GET  /desk/v/{village}/cases/{case}/captured                 WH
GET  /desk/v/{village}/cases/{case}/files/{digest}           WHC
GET  /desk/v/{village}/conflicts                             W
GET  /desk/v/{village}/conflicts/{subject}                   W
GET  /desk/v/{village}/duplicates                            any
GET  /desk/v/{village}/duplicates/{duplicate}                W
GET  /desk/v/{village}/grids                                 L
GET  /desk/v/{village}/grids/households                      L
GET  /desk/v/{village}/grids/households/{household}          L
GET  /desk/v/{village}/home                                  WOHLCDSA
GET  /desk/v/{village}/inbox                                 WOHLCD
GET  /desk/v/{village}/print/cover/{batch}                   W
GET  /desk/v/{village}/print/day/{day}                       WL
GET  /desk/v/{village}/print/entrustment/{case}              WHC
GET  /desk/v/{village}/print/notice/{case}                   WHC
GET  /desk/v/{village}/print/qr/{number}                     WOHLCDSA
GET  /desk/v/{village}/print/receipt/{case}                  WHC
GET  /desk/v/{village}/proxy                                 W
GET  /desk/v/{village}/proxy/batches                         W
GET  /desk/v/{village}/proxy/batches/{batch}                 W
GET  /desk/v/{village}/proxy/cases/{case}                    WH
GET  /desk/v/{village}/ratings                               L
GET  /desk/v/{village}/reconciliation                        WL
GET  /desk/v/{village}/reconciliation/history                WL
GET  /desk/v/{village}/reconciliation/{day}/devices/{device} WL
GET  /desk/v/{village}/rejected                              WH
GET  /desk/v/{village}/rejected/{device}/{counter}           WH
GET  /desk/v/{village}/requests/new                          W
GET  /desk/v/{village}/requests/{record}                     W
GET  /desk/v/{village}/residents                             W
GET  /desk/v/{village}/residents/{resident}                  W
GET  /desk/v/{village}/rota                                  WOHL
GET  /desk/v/{village}/rota/change                           L
GET  /desk/v/{village}/rota/days/{day}                       L
GET  /desk/v/{village}/rota/draw                             L
POST /desk/drafts                                            any
POST /desk/drafts/discard                                    any
POST /desk/language                                          open
POST /desk/sign-in                                           open
POST /desk/sign-out                                          open
POST /desk/t/{place}/devices/{device}/confirmation           A
POST /desk/t/{place}/devices/{device}/orders                 A
POST /desk/t/{town}/cases/{village}/{case}/{act}             C
POST /desk/t/{town}/queue/accept                             CD
POST /desk/t/{town}/queue/issue                              CD
POST /desk/v/{place}/devices/{device}/confirmation           A
POST /desk/v/{place}/devices/{device}/orders                 LA
POST /desk/v/{place}/devices/{device}/unlock-code            W
POST /desk/v/{village}/cases/new/{item}                      W
POST /desk/v/{village}/cases/{case}/department-number        WH
POST /desk/v/{village}/cases/{case}/hand-over                WH
POST /desk/v/{village}/cases/{case}/hand-over/undo           -
POST /desk/v/{village}/cases/{case}/identity-number          WHC
POST /desk/v/{village}/cases/{case}/move                     WH
POST /desk/v/{village}/cases/{case}/task                     WH
POST /desk/v/{village}/conflicts/{subject}                   W
POST /desk/v/{village}/duplicates/{duplicate}                W
POST /desk/v/{village}/grids/change                          L
POST /desk/v/{village}/grids/end                             L
POST /desk/v/{village}/grids/households/{household}/class    L
POST /desk/v/{village}/grids/households/{household}/event    L
POST /desk/v/{village}/grids/preview                         L
POST /desk/v/{village}/grids/undo                            L
POST /desk/v/{village}/print/notice/{case}                   WH
POST /desk/v/{village}/proxy/archive                         W
POST /desk/v/{village}/proxy/batches/{batch}/take-back       W
POST /desk/v/{village}/proxy/cases/{case}/deliver            WH
POST /desk/v/{village}/proxy/cases/{case}/delivery-task      WH
POST /desk/v/{village}/proxy/cases/{case}/follow-up          WH
POST /desk/v/{village}/proxy/cases/{case}/supplement         WH
POST /desk/v/{village}/proxy/cases/{case}/take-back          WH
POST /desk/v/{village}/proxy/hand-up                         W
POST /desk/v/{village}/proxy/receive                         W
POST /desk/v/{village}/reconciliation/countersign            W
POST /desk/v/{village}/reconciliation/sign                   W
POST /desk/v/{village}/rejected/{device}/{counter}/give-up   WH
POST /desk/v/{village}/rejected/{device}/{counter}/mend      WH
POST /desk/v/{village}/rejected/{device}/{counter}/send-back WH
POST /desk/v/{village}/requests/new                          W
POST /desk/v/{village}/residents                             W
POST /desk/v/{village}/residents/{resident}/identity-number  W
POST /desk/v/{village}/rota/change                           L
POST /desk/v/{village}/rota/days/{day}                       L
POST /desk/v/{village}/rota/draw                             L
"""

OPEN, ANYBODY, NOBODY = "open", "any", "-"
RIGHTS: dict[Route, str] = {
    Route(method, path): who for method, path, who in (row.split() for row in _TABLE.strip().splitlines())
}
