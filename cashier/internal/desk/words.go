package desk

import "fmt"

// Lang is a language of the screen.
type Lang string

// The languages. Chinese comes first.
const (
	Chinese Lang = "zh"
	English Lang = "en"
)

// Word names a text of the catalogue.
type Word int

// The catalogue's texts. Some take figures, in the same order in both languages.
const (
	WordNone Word = iota
	// Names.
	WordAppName
	WordPageBoard
	WordPageUnpaid
	WordPageSales
	WordPageProof
	WordPagePrices
	WordPageSupport
	WordPageSettings
	WordSignOut
	WordRoleHead
	WordRoleCashier
	WordRoleAttendant
	WordRoleAgent
	// Login.
	WordLoginTitle
	WordStaffNumber
	WordPassword
	WordSignIn
	WordSigningIn
	WordFillBoth
	WordNotEnrolled
	WordNotEnrolledHow
	WordHubUnreachable
	WordSignInAgain
	WordHub
	// Pump states.
	WordIdle
	WordCalling
	WordAuthorized
	WordFuelling
	WordPaused
	WordStopped
	WordFinished
	WordUnpaid
	WordReserved
	WordQuarantined
	WordMissing
	WordFault
	WordOffline
	WordClosed
	WordNoData
	// Sale states beside the above.
	WordSaleOpen
	WordSalePaid
	WordSaleTest
	WordSaleDriveOff
	WordSaleVoid
	// On a tile.
	WordNozzleTitle
	WordLastSale
	WordWaitingMinutes
	WordWaitingNow
	WordPresetMoney
	WordPresetVolume
	WordPresetNone
	WordPerLitre
	WordLitreUnit
	WordMoreUnpaid
	WordAlsoQuarantined
	WordWaitsForYou
	WordFaultUnknown
	WordStoppedByStation
	// Header.
	WordOnline
	WordPumpsAway
	WordConnecting
	WordDisconnected
	WordDisconnectedLong
	WordTooOldProgram
	WordForbiddenStation
	WordUnpaidCount
	WordQuarantinedCount
	WordUnsettledCount
	WordStopAll
	WordHoldDown
	WordReleaseAll
	WordPricesAcked
	WordPriceNotAcked
	// Panel.
	WordPanelEmpty
	WordPanelEmptyHow
	WordDue
	WordTendered
	WordTenderedExact
	WordChange
	WordShort
	WordTooMuch
	WordPadClear
	WordPadExact
	WordCash
	WordPay
	WordPaying
	WordPayUnknown
	WordPayUnknownShort
	WordResolving
	WordPaid
	WordPaidAt
	WordPayFailed
	WordStop
	WordPause
	WordResume
	WordRelease
	WordAuthorize
	WordAuthorizeHint
	WordDriveOff
	WordTest
	WordAccept
	WordDismiss
	WordWhyTitle
	WordReasonTotalizer
	WordReasonAmount
	WordReasonChain
	WordReasonPrice
	WordReasonSmall
	WordReasonFigures
	WordReasonMissing
	WordReasonOther
	WordShortTotalizer
	WordShortAmount
	WordShortChain
	WordShortPrice
	WordShortSmall
	WordShortFigures
	WordShortMissing
	WordShortOther
	WordDisplayed
	WordMetered
	WordDifference
	WordTotalizer
	WordPrice
	WordMode
	WordModeAttended
	WordModeControlled
	WordModeClosed
	WordNote
	WordEndedAt
	WordAlreadyPaid
	WordNotPayableQuarantined
	WordStillFuelling
	WordSettledOtherwise
	WordChooseFirst
	WordNoNozzle
	WordNothingUnpaid
	WordNoPayOffline
	WordRoleTakesNoMoney
	WordNotAuthorizable
	WordNoConnection
	// Dialogs.
	WordDialogDriveOff
	WordDialogDriveOffWhat
	WordDialogTest
	WordDialogTestWhat
	WordDialogAccept
	WordDialogAcceptWhat
	WordDialogDismiss
	WordDialogDismissWhat
	WordDialogPrice
	WordDialogPriceWhat
	WordNoteHint
	WordNoteNeeded
	WordFiguresNeeded
	WordPriceNeeded
	WordLitresField
	WordAmountField
	WordPriceField
	WordConfirm
	WordCancel
	// Lists.
	WordColumnNumber
	WordColumnNozzle
	WordColumnGrade
	WordColumnLitres
	WordColumnAmount
	WordColumnPrice
	WordColumnWaiting
	WordColumnState
	WordColumnTime
	WordColumnFirst
	WordColumnLast
	WordColumnMoved
	WordColumnBooked
	WordColumnQuarantined
	WordColumnMissing
	WordColumnDifference
	WordColumnSales
	WordColumnName
	WordColumnAcked
	WordTotal
	WordUnpaidTitle
	WordUnpaidEmpty
	WordSalesEmpty
	WordSalesLoading
	WordMore
	WordProofTitle
	WordProofGood
	WordProofBad
	WordProofEmpty
	WordPricesTitle
	WordPricesEmpty
	WordChangePrice
	WordAckedNo
	WordHiddenOffline
	// Settings.
	WordLanguage
	WordTheme
	WordThemeLight
	WordThemeDark
	WordScale
	WordScaleAuto
	WordScaleNext
	WordSoundsTitle
	WordSoundCalling
	WordSoundPaid
	WordSoundOverdue
	WordSoundAlarm
	WordSoundMessage
	WordKeys
	WordKeysList
	WordChatKeysList
	WordVersion
	// Toasts.
	WordToastPaid
	WordToastResolved
	WordToastPrices
	WordToastAuthorized
	WordToastGivenUp
	WordToastFault
	WordToastQuarantined
	WordToastOverdue
	WordConnectedAgain
	WordUnknownProblem
	WordNoAnswer
	// Support.
	WordSupportCount
	WordChatWaiting
	WordChatMine
	WordChatOthers
	WordChatClosed
	WordChatNoWaiting
	WordChatNoMine
	WordChatNoOthers
	WordChatNoClosed
	WordChatLoading
	WordChatOnDuty
	WordChatOffDuty
	WordChatEmpty
	WordChatWaited
	WordChatWaitedNow
	WordChatStateWaiting
	WordChatStateActive
	WordChatStateClosed
	WordChatOnline
	WordChatAway
	WordChatAgent
	WordChatTyping
	WordChatStale
	WordChatNotYours
	WordChatTakeToRead
	WordChatWithOther
	WordChatIsClosed
	WordChatOlder
	WordChatNote
	WordChatTake
	WordChatTransfer
	WordChatClose
	WordChatReopen
	WordChatHint
	WordChatSend
	WordChatPicture
	WordChatCanned
	WordChatVoice
	WordChatStopVoice
	WordChatDiscard
	WordChatLeft
	WordChatTooLong
	WordChatPictureTooLarge
	WordChatNotAPicture
	WordChatEmptyFile
	WordChatVoiceTooShort
	WordChatNoMicrophone
	WordChatMicrophoneFailed
	WordChatNoPlayer
	WordChatNotPlayed
	WordChatPictureGone
	WordChatSending
	WordChatUploading
	WordChatDelivered
	WordChatRead
	WordChatFailed
	WordChatNotSaved
	WordChatToday
	WordChatYesterday
	WordChatMe
	WordChatColleague
	WordChatPreviewPicture
	WordChatPreviewVoice
	WordChatPreviewTutorial
	WordChatSaidTaken
	WordChatSaidTransferred
	WordChatSaidReturned
	WordChatSaidEnded
	WordChatSaidReopened
	WordChatSaidOther
	WordChatWait
	WordChatSystem
	WordChatToastMessage
	WordChatToastWaiting
	WordChatToastLost
	WordChatCannedTitle
	WordChatCannedHint
	WordChatNoCanned
	WordChatNoMatch
	WordChatPictures
	WordChatTransferTitle
	WordChatTransferNote
	WordChatNoAgents
	WordChatToQueue
	WordChatAgentOnline
	WordChatAgentBusy
	WordChatAgentAway
	WordChatViewerLoading
	WordChatViewerClose
	WordSideTitle
	WordSideEmpty
	WordSideNotYours
	WordSideClosed
	WordSideLook
	WordSideRetry
	WordSideNumber
	WordSideName
	WordSidePhone
	WordSideSince
	WordSideFuellings
	WordSideSpent
	WordSideVehicles
	WordSideNoVehicles
	WordSideOrders
	WordSideNoOrders
	WordSideAudited
	WordFeeTitle
	WordFeeGross
	WordFeeDiscount
	WordFeeCampaign
	WordFeeCoupon
	WordFeePoints
	WordFeeDue
	WordFeePaid
	WordFeeProof
	wordOwn // how many texts this list has
)

// text is a word of the catalogue in the screen's language.
func (s *State) text(w Word, args ...any) string { return Text(s.prefs.Lang, w, args...) }

// Text is a word of the catalogue. A language that is not known reads Chinese.
func Text(lang Lang, w Word, args ...any) string {
	p := phraseOf(w)
	text := p.zh
	if lang == English {
		text = p.en
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// phrase is a text in both languages.
type phrase struct{ zh, en string }

// phraseOf looks a word up in the catalogues; each text stands in one of them.
func phraseOf(w Word) phrase {
	for _, p := range [...]phrase{catalogue[w], catalogueOffice[w], catalogueMember[w], catalogueStaff[w], catalogueLog[w], cataloguePlace[w], catalogueBackup[w]} {
		if p.zh != "" {
			return p
		}
	}
	return phrase{}
}
