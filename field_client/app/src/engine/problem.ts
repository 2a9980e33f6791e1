/** One mistake, told to a person: where (JSON pointer, RFC 6901), a stable code, Chinese and English. */
export interface Problem {
  pointer: string
  code: string
  message: string
  message_en: string
  /** Something to know, never a reason to refuse. */
  remark?: boolean
}

/** A text for people: Chinese, and English where there is one. */
export interface Label {
  zh: string
  en?: string | null
}
