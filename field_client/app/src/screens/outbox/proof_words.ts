/** The words of a delivery's proof; they come with the page of an entry. */
import { i18n } from '@/i18n'

const zh = {
  title: '已送达',
  meaning: '服务器已签字确认收到这条登记，事后谁都改不了。',
  checked: '签名已在本机核对 ✓',
  failed: '本机核对不了这份回执，请告诉村里的管理员。',
  none: '服务器已收到，本机没有留回执。',
  time: '送达时间',
  number: '这条登记',
  numberValue: '本机第 {counter} 条',
  upTo: '回执盖到',
  upToValue: '第 {counter} 条（这条之后又核对了 {steps} 条）',
  upToOwn: '就是这一条',
  own: '登记的指纹',
  digest: '回执的指纹',
  key: '服务器签名钥匙',
  signature: '签名',
  share: '把凭证发出去',
  shared: '已复制',
  impossible: '这部手机不能复制，请截图',
  details: '查看凭证内容',
}

const en: typeof zh = {
  title: 'Delivered',
  meaning: 'The server has signed that it received this entry; nobody can change that afterwards.',
  checked: 'Signature checked on this phone ✓',
  failed: 'This receipt cannot be checked here: please tell the village.',
  none: 'The server has it; no receipt is kept here.',
  time: 'Delivered',
  number: 'This entry',
  numberValue: 'No. {counter} of this phone',
  upTo: 'The receipt covers up to',
  upToValue: 'No. {counter} ({steps} more were checked)',
  upToOwn: 'this very entry',
  own: 'Fingerprint of the entry',
  digest: 'Fingerprint in the receipt',
  key: 'Server’s signing key',
  signature: 'Signature',
  share: 'Share the proof',
  shared: 'Copied',
  impossible: 'It cannot be copied here; take a screenshot',
  details: 'Show the proof',
}

i18n.global.mergeLocaleMessage('zh', { proof: zh })
i18n.global.mergeLocaleMessage('en', { proof: en })
