package desk

// The texts about what drivers see of the station: its offers, where it is, and
// how many cars wait.
const (
	wordPlaceFirst Word = wordStaffEnd + iota // no text
	// Offers.
	WordOffersEmpty
	WordOffersFull
	WordOfferAdd
	WordOfferAddText
	WordOfferTitle
	WordOfferTitleHint
	WordOfferKind
	WordOfferText
	WordOfferTextHint
	WordOfferFrom
	WordOfferUntil
	WordOfferOver
	WordOfferEnd
	WordOfferEndText
	WordOfferWaits
	WordOfferRuns
	WordOfferSeen
	WordOfferRecharge
	WordOfferDiscount
	WordOfferGift
	WordOfferNews
	WordTooLong
	WordNewLine
	// The station.
	WordSiteEdit
	WordSiteName
	WordSiteCity
	WordSiteCityHint
	WordSiteAddress
	WordSiteAddressHint
	WordSitePhone
	WordSitePhoneHint
	WordSitePlace
	WordSiteNoPlace
	WordSiteSeen
	WordLatitude
	WordLatitudeHint
	WordLongitude
	WordLongitudeHint
	WordPlaceHelp
	WordPlaceBoth
	WordPlaceWrong
	// The queue.
	WordQueue
	WordQueueUnknown
	WordQueueSending
	WordQueueNow
	WordQueueAge
	wordPlaceEnd // how many texts there are so far
)
