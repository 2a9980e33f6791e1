/**
 * The messages of the sync protocol by their short names (docs/protocol.md).
 *
 * Their shapes are generated from the server's OpenAPI (api.d.ts; `tests/field_client/test_app_types.py` finds drift).
 * Where the description says only "an object", the values of records, the engine's own types stand instead.
 */
import type { components } from './api'
import type { FieldRecord } from '../sync/record'

type Schemas = components['schemas']

export type EnrolRequest = Schemas['EnrolRequest']
export type EnrolReply = Schemas['EnrolReply']
export type Continues = Schemas['Continues']
export type WorkerCard = Schemas['WorkerCard']
export type Limits = Schemas['Limits']
export type PublicKey = Schemas['PublicKey']
export type Scope = Schemas['Scope']
export type VillageScope = Schemas['VillageScope']
export type PushReply = Schemas['PushReply']
export type OutcomeEntry = Schemas['OutcomeEntry']
export type SegmentList = Schemas['SegmentList']
export type SegmentEntry = Schemas['SegmentEntry']
export type StatusRequest = Schemas['StatusRequest']
export type StatusReply = Schemas['StatusReply']
export type UnlockRequest = Schemas['UnlockRequest']
export type UnlockReply = Schemas['UnlockReply']
export type FilesKnownReply = Schemas['FilesKnownReply']
export type OrdersRequest = Schemas['OrdersRequest']
export type OrdersReply = Schemas['OrdersReply']
export type RescueReply = Schemas['RescueReply']
export type VillageVersion = Schemas['VillageVersion']
export type Gone = Schemas['Gone']
export type RawOperation = Schemas['RawOperation']

/** A record as a feed or a segment sends it. */
export type FeedRecord = FieldRecord & Pick<Schemas['FeedRecord'], 'version'>
export type FeedEntry = FeedRecord | Gone
export type ChangesPage = Omit<Schemas['ChangesPage'], 'records'> & { records: FeedEntry[] }
